"""Judges a request by policies: an explicit deny wins, then an allow, else it is denied (IAM user guide, "Policy
evaluation logic", within one account). Pure. A resource's policy says too whom a statement concerns.

Actions are compared without regard to case, resources with it; `*` and `?` match anything in both. A condition key that
the request has not makes a condition fail, unless its operator ends in `IfExists` or is a negated one.
"""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from fnmatch import translate
from functools import lru_cache
from typing import Any, TypeAlias

Document: TypeAlias = Mapping[str, Any]
Context: TypeAlias = Mapping[str, Sequence[str]]
ALLOWED, DENIED_EXPLICITLY, DENIED = "allowed", "explicitDeny", "implicitDeny"
# `${key}`, `${key, 'default'}`, and the characters `${*}`, `${?}`, `${$}` (IAM user guide, "Policy variables").
_VARIABLE = re.compile(r"\$\{([^{},]+)(?:, *'([^']*)')?\}")
NO_CONTEXT: Context = {}
Test: TypeAlias = Callable[[str, str, Context], bool]


@dataclass(frozen=True)
class Request:
    """An action on a resource; `context`: values by condition key, the keys in lower case."""

    action: str
    resource: str
    context: Context


def judge(request: Request, policies: Iterable[Document], boundary: Document | None = None) -> str:
    """ALLOWED, DENIED_EXPLICITLY or DENIED. A boundary must allow too."""
    decision = _decide(request, policies)
    if boundary is None or decision == DENIED_EXPLICITLY:
        return decision
    limit = _decide(request, [boundary])
    return limit if limit != ALLOWED else decision


def judge_by_resource(request: Request, document: Document, names: Iterable[str]) -> str:
    """ALLOWED, DENIED_EXPLICITLY or DENIED by a resource's policy; `names`: of the caller, see `Identity.names`."""
    known = {"*", *names}
    return _decide(request, [{"Statement": [each for each in _statements(document) if _concerns(each, known)]}])


def _concerns(statement: Mapping[str, Any], names: set[str]) -> bool:
    """Whether a statement is about a caller (IAM user guide, "AWS JSON policy elements: Principal")."""
    if "NotPrincipal" in statement:
        return not names.intersection(_principals(statement["NotPrincipal"]))
    return bool(names.intersection(_principals(statement.get("Principal"))))


def _principals(named: object) -> list[str]:
    if isinstance(named, Mapping):
        return [str(each) for each in _listed(named.get("AWS"))]
    return [str(each) for each in _listed(named)]


def trusts(document: Document, request: Request, principal_type: str, principal: str) -> bool:
    """Whether a trust policy lets a principal, as `Service` `sagemaker.amazonaws.com`, do the request's action."""
    allowed = False
    for statement in _statements(document):
        named = statement.get("Principal", {})
        names = ["*"] if named == "*" else _listed(named.get(principal_type)) if isinstance(named, Mapping) else []
        if not any(_matches(principal, name) for name in names):
            continue
        if _has_action(statement, request.action) and _conditions_hold(statement, request.context):
            if statement.get("Effect") == "Deny":
                return False
            allowed = True
    return allowed


def _decide(request: Request, policies: Iterable[Document]) -> str:
    effects = {
        statement.get("Effect")
        for policy in policies
        for statement in _statements(policy)
        if _has_action(statement, request.action)
        and _has_resource(statement, request)
        and _conditions_hold(statement, request.context)
    }
    if "Deny" in effects:
        return DENIED_EXPLICITLY
    return ALLOWED if "Allow" in effects else DENIED


def _statements(document: Document) -> list[Mapping[str, Any]]:
    return [each for each in _listed(document.get("Statement")) if isinstance(each, Mapping)]


def _has_action(statement: Mapping[str, Any], action: str) -> bool:
    if "NotAction" in statement:
        return not any(_matches(action.lower(), each.lower()) for each in _listed(statement["NotAction"]))
    return any(_matches(action.lower(), each.lower()) for each in _listed(statement.get("Action")))


def _has_resource(statement: Mapping[str, Any], request: Request) -> bool:
    def named(name: str) -> bool:
        return any(_matches(request.resource, each, request.context) for each in _listed(statement[name]))

    if "NotResource" in statement:
        return not named("NotResource")
    return "Resource" in statement and named("Resource")


def _conditions_hold(statement: Mapping[str, Any], context: Context) -> bool:
    return all(
        _condition_holds(operator, key, [str(each) for each in _listed(values)], context)
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _condition_holds(operator: str, key: str, wanted: Sequence[str], context: Context) -> bool:
    quantifier, _, name = operator.rpartition(":")
    optional = name.endswith("IfExists")
    name = name.removesuffix("IfExists")
    given = context.get(key.lower())
    if name == "Null":
        return (given is None) == (wanted[0].lower() == "true")
    if name not in _OPERATORS:
        return False
    test, negated = _OPERATORS[name]
    if given is None:
        return optional or negated or quantifier == "ForAllValues"
    holds = [any(test(value, each, context) for each in wanted) != negated for value in given]
    return all(holds) if quantifier == "ForAllValues" else any(holds)


def _arn_matches(value: str, pattern: str, context: Context) -> bool:
    """Part by part, so that `*` does not reach over a colon (IAM user guide, "ARN condition operators")."""
    parts, patterns = value.split(":", 5), pattern.split(":", 5)
    return len(parts) == len(patterns) and all(
        _matches(part, each, context) for part, each in zip(parts, patterns, strict=True)
    )


def _numbers(test: Callable[[float, float], bool]) -> Test:
    def compare(value: str, wanted: str, context: Context) -> bool:
        del context
        try:
            return test(float(value), float(wanted))
        except ValueError:
            return False

    return compare


def _dates(test: Callable[[float, float], bool]) -> Test:
    def compare(value: str, wanted: str, context: Context) -> bool:
        del context
        try:
            return test(_seconds(value), _seconds(wanted))
        except ValueError:
            return False

    return compare


def _seconds(text: str) -> float:
    if text.replace(".", "", 1).isdigit():
        return float(text)
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()


def _matches(text: str, pattern: str, context: Context = NO_CONTEXT) -> bool:
    parts = _VARIABLE.split(pattern)  # text, name, default, text, …
    wildcards = _literal_brackets(parts[0])
    for name, default, following in zip(parts[1::3], parts[2::3], parts[3::3], strict=True):
        value = name if name in ("*", "?", "$") else next(iter(context.get(name.lower(), [])), default)
        if value is None:
            return False
        wildcards += glob.escape(value) + _literal_brackets(following)
    return bool(_expression(wildcards).match(text))


def _literal_brackets(pattern: str) -> str:
    return pattern.replace("[", "[[]")


@lru_cache(maxsize=1024)
def _expression(wildcards: str) -> re.Pattern[str]:
    """In linear time: after each `*` the first place counts where what follows it matches."""
    return re.compile(translate(wildcards))


def _listed(value: object) -> list[Any]:
    if isinstance(value, list):
        return value
    return [] if value is None else [value]


def _same(value: str, wanted: str, context: Context) -> bool:
    # Variables are replaced, wildcards are taken as characters.
    return _matches(value, wanted.replace("*", "${*}").replace("?", "${?}"), context)


def _same_but_case(value: str, wanted: str, context: Context) -> bool:
    return _same(value.lower(), wanted.lower(), context)


_OPERATORS: dict[str, tuple[Test, bool]] = {
    "StringEquals": (_same, False),
    "StringNotEquals": (_same, True),
    "StringEqualsIgnoreCase": (_same_but_case, False),
    "StringNotEqualsIgnoreCase": (_same_but_case, True),
    "StringLike": (_matches, False),
    "StringNotLike": (_matches, True),
    "ArnEquals": (_arn_matches, False),
    "ArnLike": (_arn_matches, False),
    "ArnNotEquals": (_arn_matches, True),
    "ArnNotLike": (_arn_matches, True),
    "Bool": (_same_but_case, False),
    "NumericEquals": (_numbers(lambda value, wanted: value == wanted), False),
    "NumericNotEquals": (_numbers(lambda value, wanted: value == wanted), True),
    "NumericLessThan": (_numbers(lambda value, wanted: value < wanted), False),
    "NumericLessThanEquals": (_numbers(lambda value, wanted: value <= wanted), False),
    "NumericGreaterThan": (_numbers(lambda value, wanted: value > wanted), False),
    "NumericGreaterThanEquals": (_numbers(lambda value, wanted: value >= wanted), False),
    "DateEquals": (_dates(lambda value, wanted: value == wanted), False),
    "DateNotEquals": (_dates(lambda value, wanted: value == wanted), True),
    "DateLessThan": (_dates(lambda value, wanted: value < wanted), False),
    "DateLessThanEquals": (_dates(lambda value, wanted: value <= wanted), False),
    "DateGreaterThan": (_dates(lambda value, wanted: value > wanted), False),
    "DateGreaterThanEquals": (_dates(lambda value, wanted: value >= wanted), False),
}
