"""IAM's SimulatePrincipalPolicy, which moto has not got and the SageMaker Python SDK v3 calls; protocol Query."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

from werkzeug.wrappers import Response

from sagemaker_local.call import Call
from sagemaker_local.iam.judge import Judge

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"


def simulate_principal_policy(judge: Judge, call: Call) -> Response:
    """The answer, all results on one page. Raises ServiceError NoSuchEntity."""
    given = call.parameters
    results = []
    context = {
        str(given[f"{entry}.ContextKeyName"]).lower(): _members(given, f"{entry}.ContextKeyValues.member")
        for entry in _entries(given, "ContextEntries.member")
        if f"{entry}.ContextKeyName" in given
    }
    for action in _members(given, "ActionNames.member"):
        for resource in _members(given, "ResourceArns.member") or ["*"]:
            decision = judge.simulate(given.get("PolicySourceArn", ""), action, resource, context)
            results.append(
                f"<member><EvalActionName>{escape(action)}</EvalActionName>"
                f"<EvalResourceName>{escape(resource)}</EvalResourceName><EvalDecision>{decision}</EvalDecision>"
                "<MatchedStatements/><MissingContextValues/></member>"
            )
    body = (
        f'<SimulatePrincipalPolicyResponse xmlns="{_NAMESPACE}"><SimulatePrincipalPolicyResult>'
        f"<IsTruncated>false</IsTruncated><EvaluationResults>{''.join(results)}</EvaluationResults>"
        f"</SimulatePrincipalPolicyResult><ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        "</SimulatePrincipalPolicyResponse>"
    )
    return Response(body, content_type="text/xml")


def _members(given: Mapping[str, Any], prefix: str) -> list[str]:
    found: list[str] = []
    while f"{prefix}.{len(found) + 1}" in given:
        found.append(str(given[f"{prefix}.{len(found) + 1}"]))
    return found


def _entries(given: Mapping[str, Any], prefix: str) -> list[str]:
    numbers = {key.removeprefix(f"{prefix}.").split(".")[0] for key in given if key.startswith(f"{prefix}.")}
    return [f"{prefix}.{number}" for number in sorted(numbers)]
