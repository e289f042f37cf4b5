"""Whether a caller may do what it asks: jobs by their execution role always, everybody by their policies on demand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus

from sagemaker_local.iam.permissions import Permission
from sagemaker_local.iam.policy import ALLOWED, DENIED, DENIED_EXPLICITLY, Context, Request, judge, judge_by_resource
from sagemaker_local.iam.principals import Identity, PolicyTimes, identity_of
from sagemaker_local.protocol.accounts import account_of
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.refusals import denied
from sagemaker_local.s3.bucket_policies import policy_of
from sagemaker_local.s3.encryption import writing
from sagemaker_local.s3.kms_keys import alias_of, key_arn
from sagemaker_local.s3.store import bucket_owner

_FREE = (("sts", "GetCallerIdentity"),)  # needs no permission, whatever policies say (STS API reference)
_ABSENT_IS_SECRET = ("GetObject", "HeadObject")
_UNQUOTED = ("ecr:", "secretsmanager:", "ssm:")  # actions whose refusals name the resource as it is (issue threads)


class Judge:
    """Jobs are judged, and `everybody` else on demand; an access key that IAM does not know is the administrator's.

    A bucket's policy binds all of them. `is_job`: whether an access key is of a job's session; `tags_of`: the tags of a
    training job, by its ARN; `has_tls`: whether clients can reach the server by TLS; else no request counts as plain.
    """

    def __init__(
        self,
        times: PolicyTimes,
        *,
        everybody: bool,
        is_job: Callable[[str | None], bool],
        tags_of: Callable[[str], Mapping[str, str]],
        has_tls: bool,
    ) -> None:
        self._times = times
        self._everybody = everybody
        self._is_job = is_job
        self._tags_of = tags_of
        self._has_tls = has_tls

    def check(self, call: Call, caller: str, needs: Sequence[Permission]) -> None:
        """Raise ServiceError if the caller lacks a permission that the call needs."""
        identity = self._judged(call, caller)
        if (call.service, call.operation) in _FREE:
            return
        who = identity or self._named(call, caller)
        context = self._context_of(call, who)
        if call.service == "sagemaker":
            context = {**context, **_tags_context(call, self._tags_of(needs[0].resource))}
        service = f"{call.service}.{call.region}"
        for need in needs:
            request = Request(need.action, need.resource, {**context, **_key_context(need, service)})
            by_bucket = _by_bucket(request, who, caller)
            if by_bucket == DENIED_EXPLICITLY:
                raise denied(call, caller, need.action, _why(need, "by the bucket"))
            if identity is None:
                continue
            decision = judge(request, identity.policies, identity.boundary)
            granted = decision == DENIED and by_bucket == ALLOWED and identity.boundary is None
            if decision != ALLOWED and not granted:
                raise denied(call, caller, need.action, _why(need, decision))

    def allows(self, call: Call, caller: str, needs: Sequence[Permission]) -> bool:
        """Whether the caller has all permissions that the call needs."""
        try:
            self.check(call, caller, needs)
        except ServiceError:
            return False
        return True

    def hides_absence(self, call: Call, caller: str) -> bool:
        """Whether a missing object is answered by AccessDenied, as for a caller that may not list the bucket."""
        identity = self._judged(call, caller) if call.operation in _ABSENT_IS_SECRET else None
        if identity is None:
            return False
        context = self._context_of(call, identity)
        listing = Request("s3:ListBucket", f"arn:aws:s3:::{call.parameters['Bucket']}", context)
        return judge(listing, identity.policies, identity.boundary) != ALLOWED

    def note(self, call: Call, status: int) -> None:
        """A call was answered: policies that it gave to a role take effect later where a fault says so."""
        if call.service == "iam" and status == HTTPStatus.OK:
            if call.operation == "PutRolePolicy":
                self._times.note(call.parameters["RoleName"], call.parameters["PolicyName"])
            elif call.operation == "AttachRolePolicy":
                self._times.note(call.parameters["RoleName"], call.parameters["PolicyArn"])

    def role_may(self, role_arn: str, action: str, resource: str) -> bool:
        """Whether an execution role has a permission."""
        account, name = role_arn.split(":")[4], role_arn.rpartition("/")[2]
        identity = identity_of(f"arn:aws:sts::{account}:assumed-role/{name}/SageMaker", self._times)
        if identity is None:
            return False
        given = {**_principal_context(identity), **_key_context(Permission(action, resource))}
        return judge(Request(action, resource, given), identity.policies, identity.boundary) == ALLOWED

    def simulate(self, principal_arn: str, action: str, resource: str, context: Context) -> str:
        """`allowed`, `explicitDeny` or `implicitDeny`, as IAM's simulator answers.

        Raises ServiceError NoSuchEntity, also where a role or user of this name has another path.
        """
        arn = principal_arn
        if ":role/" in arn:
            arn = f"arn:aws:sts::{account_of(arn)}:assumed-role/{arn.rpartition('/')[2]}/simulated"
        identity = identity_of(arn, self._times)
        if identity is None or identity.arn != principal_arn:
            raise ServiceError("NoSuchEntity", f"Entity {principal_arn} does not exist.", HTTPStatus.NOT_FOUND)
        given = {**_principal_context(identity), **context}
        return judge(Request(action, resource, given), identity.policies, identity.boundary)

    def _judged(self, call: Call, caller: str) -> Identity | None:
        if not (self._everybody or self._is_job(call.access_key)):
            return None
        return identity_of(caller, self._times) if caller.startswith("arn:") else None

    def _named(self, call: Call, caller: str) -> Identity:
        """A caller whom its own policies do not bind, as a bucket's policy can name it."""
        asked = call.service == "s3" and policy_of(call.parameters["Bucket"]) and caller.startswith("arn:")
        found = identity_of(caller, self._times) if asked else None
        return found or Identity(caller, account_of(caller), (), None)

    def _context_of(self, call: Call, identity: Identity) -> Context:
        """The condition keys of a request (IAM user guide, "Global condition keys"; S3's of its service reference)."""
        context = {**_principal_context(identity), "aws:requestedregion": [call.region]}
        if call.service == "s3":
            owner = bucket_owner(call.parameters["Bucket"])
            context["aws:resourceaccount"] = [owner or identity.account]
            if call.operation.startswith("List"):
                context["s3:prefix"] = [call.parameters["Prefix"]]
            context.update(_writing_context(call))
            if self._has_tls and not call.parameters["Tls"] and not self._is_job(call.access_key):
                context["aws:securetransport"] = ["false"]
            else:
                context["s3:tlsversion"] = ["1.3"]
        if call.operation == "CreateTrainingJob":
            context["iam:passedtoservice"] = ["sagemaker.amazonaws.com"]
        return context


def _by_bucket(request: Request, identity: Identity, caller: str) -> str:
    """What the policy of the request's bucket says."""
    _, _, name = request.resource.partition("arn:aws:s3:::")
    policy = policy_of(name.partition("/")[0])
    return judge_by_resource(request, policy, [*identity.names, caller]) if policy else DENIED


def _writing_context(call: Call) -> dict[str, list[str]]:
    """How an object is to be written, as the request says it; a key by its ARN.

    Source: S3 user guide, "Using server-side encryption with AWS KMS keys", on requiring a key: the key that S3 uses is
    to be that of the policy, which names an ARN. That S3 compares the ARN where the request has an alias is (assumed).
    """
    given = writing(call).parameters
    key = given["KmsKey"] and key_arn(given["KmsKey"], call.region)
    named = {
        "s3:x-amz-server-side-encryption": given["Encryption"],
        "s3:x-amz-server-side-encryption-aws-kms-key-id": key,
        "s3:x-amz-acl": given["Acl"],
    }
    return {name: [value] for name, value in named.items() if value}


def _key_context(need: Permission, service: str | None = None) -> dict[str, list[str]]:
    """What conditions can ask of a KMS key; `service`: as `s3.us-east-1`, which asks KMS for it."""
    if not need.action.startswith("kms:"):
        return {}
    alias = alias_of(need.resource)
    via = {"kms:viaservice": [f"{service}.amazonaws.com"]} if service else {}
    return {**via, **({"kms:resourcealiases": [alias]} if alias else {})}


def _tags_context(call: Call, tags: Mapping[str, str]) -> Context:
    """What conditions can ask of tags: those that the request gives, and those that its training job has.

    Source: the service authorization reference of SageMaker. A new resource's tags need `sagemaker:AddTags` too, and
    `sagemaker:TaggingAction` is then the operation that makes the resource.
    """
    given = [tag for tag in call.parameters.get("Tags") or [] if isinstance(tag, Mapping)]
    context = {f"aws:requesttag/{str(tag.get('Key')).lower()}": [str(tag.get("Value"))] for tag in given}
    keys = [tag.get("Key") for tag in given] or call.parameters.get("TagKeys")
    if isinstance(keys, list):
        context["aws:tagkeys"] = [str(key) for key in keys]
    if given and call.operation.startswith("Create"):
        context["sagemaker:taggingaction"] = [call.operation]
    for key, value in tags.items():
        context[f"aws:resourcetag/{key.lower()}"] = context[f"sagemaker:resourcetag/{key.lower()}"] = [value]
    return context


def _principal_context(identity: Identity) -> dict[str, list[str]]:
    return {
        "aws:principalarn": [identity.arn],
        "aws:principalaccount": [identity.account],
        "aws:resourceaccount": [identity.account],
        "aws:principalisawsservice": ["false"],
        "aws:viaawsservice": ["false"],
        "aws:securetransport": ["true"],  # as at AWS, whatever it is here
    }


def _why(need: Permission, decision: str) -> str:
    quote = "" if need.action.startswith(_UNQUOTED) else '"'
    where = f"on resource: {quote}{need.resource}{quote}"
    if decision == "by the bucket":
        return f"{where} with an explicit deny in a resource-based policy"
    if decision == DENIED_EXPLICITLY:
        return f"{where} with an explicit deny in an identity-based policy"
    return f"{where} because no identity-based policy allows the {need.action} action"
