"""IAM's SimulatePrincipalPolicy, which moto lacks: whether the policies of a role or user allow actions on resources.

Sources: IAM API reference, SimulatePrincipalPolicy (100 results a page); the text for a principal that is no role or
user: issue aws-containers/amazon-ecs-exec-checker 10.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Any

from werkzeug.wrappers import Response

from sagemaker_local.iam.judge import Judge
from sagemaker_local.iam.policy import ALLOWED
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.wire import query_answer, query_parameters

_PAGE = 100
_ENTITY = re.compile(r"arn:[\w-]+:iam::\d{12}:(user|role|group)/.+")
# Who GetCallerIdentity says an access key is that IAM does not know: the account's administrator.
_ADMINISTRATOR = f"arn:aws:sts::{ACCOUNT}:user/moto"


def simulate_principal_policy(judge: Judge, call: Call) -> Response:
    """The answer, a result for each action on each resource. Raises ServiceError NoSuchEntity, InvalidInput."""
    given = query_parameters(call)
    source = str(given.get("PolicySourceArn", ""))
    if source != _ADMINISTRATOR and not _ENTITY.fullmatch(source):
        raise _invalid(f"Invalid Entity Arn: {source} does not clearly define entity type and name.")
    context = {
        str(each["ContextKeyName"]).lower(): each.get("ContextKeyValues", [])
        for each in given.get("ContextEntries", [])
        if "ContextKeyName" in each
    }
    asked = list(product(given.get("ActionNames", []), given.get("ResourceArns") or ["*"]))
    first = _place(given.get("Marker", "0"), len(asked))
    end = first + given.get("MaxItems", _PAGE)
    results: list[dict[str, Any]] = []
    for action, resource in asked[first:end]:
        decision = ALLOWED if source == _ADMINISTRATOR else judge.simulate(source, action, resource, context)
        found = {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": decision}
        results.append({**found, "MatchedStatements": [], "MissingContextValues": []})
    more = {"Marker": str(end)} if end < len(asked) else {}
    return query_answer(call, {"IsTruncated": bool(more), "EvaluationResults": results, **more})


def _place(marker: str, count: int) -> int:
    """How many results came before a page. A marker is their number."""
    if not re.fullmatch(r"\d{1,9}", marker, re.ASCII) or int(marker) > count:
        raise _invalid("Invalid Marker.")  # (assumed)
    return int(marker)


def _invalid(text: str) -> ServiceError:
    return ServiceError("InvalidInput", text)
