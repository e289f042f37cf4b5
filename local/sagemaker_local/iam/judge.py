"""Whether a caller may do what it asks: jobs by their execution role always, everybody by their policies on demand."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from sagemaker_local.accounts import account_of, bucket_owner, is_service_session
from sagemaker_local.call import Call
from sagemaker_local.errors import ServiceError
from sagemaker_local.faults.effects import denied
from sagemaker_local.iam.policy import ALLOWED, DENIED_EXPLICITLY, Context, Request, judge
from sagemaker_local.iam.principals import Identity, PolicyTimes, identity_of
from sagemaker_local.permissions import Permission

_FREE = (("sts", "GetCallerIdentity"),)  # needs no permission, whatever policies say (STS API reference)
_ABSENT_IS_SECRET = ("GetObject", "HeadObject")


class Judge:
    """`everybody`: also those who are no jobs. An access key that IAM does not know is the account's administrator."""

    def __init__(self, times: PolicyTimes, *, everybody: bool) -> None:
        self._times = times
        self._everybody = everybody

    def check(self, call: Call, caller: str, needs: Sequence[Permission]) -> None:
        """Raise ServiceError if the caller lacks a permission that the call needs."""
        identity = self._judged(call, caller)
        if identity is None or (call.service, call.operation) in _FREE:
            return
        context = context_of(call, identity)
        for need in needs:
            decision = judge(Request(need.action, need.resource, context), identity.policies, identity.boundary)
            if decision != ALLOWED:
                raise denied(call, caller, need.action, _why(need, decision))

    def hides_absence(self, call: Call, caller: str) -> bool:
        """Whether a missing object is told as denied: who may not list a bucket is not told what it has not got."""
        identity = self._judged(call, caller) if call.operation in _ABSENT_IS_SECRET else None
        if identity is None:
            return False
        listing = Request("s3:ListBucket", f"arn:aws:s3:::{call.parameters['Bucket']}", context_of(call, identity))
        return judge(listing, identity.policies, identity.boundary) != ALLOWED

    def note(self, call: Call, status: int) -> None:
        """A call was answered: policies that it gave to a role take effect later where a fault says so."""
        if call.service == "iam" and status == HTTPStatus.OK:
            if call.operation == "PutRolePolicy":
                self._times.note(call.parameters["RoleName"], call.parameters["PolicyName"])
            elif call.operation == "AttachRolePolicy":
                self._times.note(call.parameters["RoleName"], call.parameters["PolicyArn"])

    def role_may(self, role_arn: str, action: str, resource: str, context: Context | None = None) -> bool:
        """Whether an execution role has a permission."""
        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        identity = identity_of(f"arn:aws:sts::{account}:assumed-role/{name}/SageMaker", self._times)
        if identity is None:
            return False
        given = {**_principal_context(identity), **(context or {})}
        return judge(Request(action, resource, given), identity.policies, identity.boundary) == ALLOWED

    def simulate(self, principal_arn: str, action: str, resource: str, context: Context) -> str:
        """`allowed`, `explicitDeny` or `implicitDeny`, as IAM's simulator tells. Raises ServiceError NoSuchEntity."""
        arn = principal_arn
        if ":role/" in arn:
            arn = f"arn:aws:sts::{account_of(arn)}:assumed-role/{arn.rpartition('/')[2]}/simulated"
        identity = identity_of(arn, self._times)
        if identity is None:
            raise ServiceError("NoSuchEntity", f"Entity {principal_arn} does not exist.", HTTPStatus.NOT_FOUND)
        given = {**_principal_context(identity), **context}
        return judge(Request(action, resource, given), identity.policies, identity.boundary)

    def _judged(self, call: Call, caller: str) -> Identity | None:
        if not (self._everybody or is_service_session(call.access_key)):
            return None
        return identity_of(caller, self._times) if caller.startswith("arn:") else None


def context_of(call: Call, identity: Identity) -> Context:
    """The condition keys of a request (IAM user guide, "Global condition keys"; S3's of its service reference)."""
    context = {**_principal_context(identity), "aws:requestedregion": [call.region]}
    if call.service == "s3":
        owner = bucket_owner(call.parameters["Bucket"])
        context["aws:resourceaccount"] = [owner or identity.account]
        if call.operation.startswith("List"):
            context["s3:prefix"] = [call.parameters["Prefix"]]
    if call.operation == "CreateTrainingJob":
        context["iam:passedtoservice"] = ["sagemaker.amazonaws.com"]
    return context


def _principal_context(identity: Identity) -> dict[str, list[str]]:
    return {
        "aws:principalarn": [identity.arn],
        "aws:principalaccount": [identity.account],
        "aws:resourceaccount": [identity.account],
        "aws:securetransport": ["true"],  # as at AWS, whatever it is here
    }


def _why(need: Permission, decision: str) -> str:
    quote = "" if need.action.startswith("ecr:") else '"'
    where = f"on resource: {quote}{need.resource}{quote}"
    if decision == DENIED_EXPLICITLY:
        return f"{where} with an explicit deny in an identity-based policy"
    return f"{where} because no identity-based policy allows the {need.action} action"
