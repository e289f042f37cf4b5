"""How policies are judged: tables, no server."""

import importlib
import sys
import time

import pytest
from conftest import LOCAL


@pytest.fixture(scope="module")
def policy():
    sys.path.insert(0, str(LOCAL))
    return importlib.import_module("sagemaker_local.iam.policy")


def statement(effect="Allow", **fields):
    return {"Effect": effect, "Action": "s3:GetObject", "Resource": "*", **fields}


GET = "s3:GetObject"
OBJECT = "arn:aws:s3:::bucket/folder/key"


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ([], "implicitDeny"),
        ([statement()], "allowed"),
        ([statement("Deny")], "explicitDeny"),
        ([statement(), statement("Deny")], "explicitDeny"),
        ([statement(Action=["s3:Put*", "S3:getobject"])], "allowed"),
        ([statement(Action="s3:Get*")], "allowed"),
        ([statement(Action="s3:Get?bject")], "allowed"),
        ([statement(Action="s3:Get")], "implicitDeny"),
        ([statement(Action="*")], "allowed"),
        ([{"Effect": "Allow", "NotAction": "s3:Put*", "Resource": "*"}], "allowed"),
        ([{"Effect": "Allow", "NotAction": ["s3:Get*"], "Resource": "*"}], "implicitDeny"),
        ([statement(Resource="arn:aws:s3:::bucket/*")], "allowed"),
        ([statement(Resource="arn:aws:s3:::bucket")], "implicitDeny"),
        ([statement(Resource="arn:aws:s3:::BUCKET/*")], "implicitDeny"),
        ([statement(Resource="arn:aws:s3:::bucket/folder/ke?")], "allowed"),
        ([{"Effect": "Allow", "Action": GET, "NotResource": "arn:aws:s3:::other/*"}], "allowed"),
        ([{"Effect": "Allow", "Action": GET, "NotResource": "arn:aws:s3:::bucket/*"}], "implicitDeny"),
        ([{"Effect": "Allow", "Action": GET}], "implicitDeny"),
        ([statement(Resource="arn:aws:s3:::bucket/${aws:PrincipalAccount}/*")], "implicitDeny"),
        ([statement(Resource="arn:aws:s3:::${aws:Bucket}/folder/*")], "allowed"),
        ([statement(Resource="arn:aws:s3:::${aws:Nobody}/folder/*")], "implicitDeny"),
        ([statement(Resource="arn:aws:s3:::${aws:Nobody, 'bucket'}/folder/*")], "allowed"),
        ([statement(Resource="arn:aws:s3:::bucket/${*}")], "implicitDeny"),
    ],
)
def test_statements(policy, statements, expected):
    context = {"aws:bucket": ["bucket"], "aws:principalaccount": ["1"]}
    request = policy.Request(GET, OBJECT, context)
    assert policy.judge(request, [{"Version": "2012-10-17", "Statement": statements}]) == expected


def test_a_single_statement_and_several_policies(policy):
    request = policy.Request(GET, OBJECT, {})
    assert (
        policy.judge(request, [{"Statement": statement(Action="s3:PutObject")}, {"Statement": statement()}])
        == "allowed"
    )
    literal = {"Statement": statement(Resource="arn:aws:s3:::bucket/a${*}b")}
    assert policy.judge(policy.Request(GET, "arn:aws:s3:::bucket/a*b", {}), [literal]) == "allowed"
    assert policy.judge(policy.Request(GET, "arn:aws:s3:::bucket/aXb", {}), [literal]) == "implicitDeny"


@pytest.mark.parametrize(
    ("boundary", "expected"),
    [
        ({"Statement": statement()}, "allowed"),
        ({"Statement": statement(Action="s3:PutObject")}, "implicitDeny"),
        ({"Statement": [statement(), statement("Deny")]}, "explicitDeny"),
    ],
)
def test_a_boundary_must_allow_too(policy, boundary, expected):
    request = policy.Request(GET, OBJECT, {})
    assert policy.judge(request, [{"Statement": statement()}], boundary) == expected


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"StringEquals": {"aws:Key": "Value"}}, True),
        ({"StringEquals": {"aws:key": ["x", "Value"]}}, True),
        ({"StringEquals": {"aws:Key": "value"}}, False),
        ({"StringEquals": {"aws:Key": "Val*"}}, False),
        ({"StringEqualsIgnoreCase": {"aws:Key": "value"}}, True),
        ({"StringNotEquals": {"aws:Key": "Value"}}, False),
        ({"StringNotEquals": {"aws:Key": "other"}}, True),
        ({"StringNotEquals": {"aws:Absent": "x"}}, True),
        ({"StringLike": {"aws:Key": "V?l*"}}, True),
        ({"StringNotLike": {"aws:Key": "V*"}}, False),
        ({"StringEquals": {"aws:Absent": "x"}}, False),
        ({"StringEqualsIfExists": {"aws:Absent": "x"}}, True),
        ({"StringEqualsIfExists": {"aws:Key": "x"}}, False),
        ({"StringEquals": {"aws:Key": "Value", "aws:Absent": "x"}}, False),
        ({"StringEquals": {"aws:Key": "Value"}, "Bool": {"aws:Flag": "false"}}, False),
        ({"Bool": {"aws:Flag": "True"}}, True),
        ({"Bool": {"aws:Flag": True}}, True),
        ({"Null": {"aws:Absent": "true"}}, True),
        ({"Null": {"aws:Key": "true"}}, False),
        ({"Null": {"aws:Key": "false"}}, True),
        ({"ArnLike": {"aws:Arn": "arn:aws:iam::*:role/x*"}}, True),
        ({"ArnLike": {"aws:Arn": "arn:*:role/xyz"}}, False),
        ({"ArnEquals": {"aws:Arn": "arn:aws:iam::1:role/xyz"}}, True),
        ({"ArnNotLike": {"aws:Arn": "arn:aws:iam::*:role/x*"}}, False),
        ({"NumericLessThan": {"aws:Number": "10"}}, True),
        ({"NumericGreaterThanEquals": {"aws:Number": 9}}, True),
        ({"NumericEquals": {"aws:Key": "9"}}, False),
        ({"DateGreaterThan": {"aws:Time": "2026-01-01T00:00:00Z"}}, True),
        ({"DateLessThan": {"aws:Time": "2026-01-01"}}, False),
        ({"ForAnyValue:StringEquals": {"aws:Many": ["b", "c"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:Many": ["b", "c"]}}, False),
        ({"ForAllValues:StringLike": {"aws:Many": ["a", "b*"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:Absent": "x"}}, True),
        ({"ForAnyValue:StringEquals": {"aws:Absent": "x"}}, False),
        ({"NoSuchOperator": {"aws:Key": "Value"}}, False),
    ],
)
def test_conditions(policy, condition, holds):
    context = {
        "aws:key": ["Value"],
        "aws:flag": ["true"],
        "aws:arn": ["arn:aws:iam::1:role/xyz"],
        "aws:number": ["9"],
        "aws:time": ["2026-06-01T12:00:00Z"],
        "aws:many": ["a", "b"],
    }
    request = policy.Request(GET, OBJECT, context)
    decision = policy.judge(request, [{"Statement": statement(Condition=condition)}])
    assert decision == ("allowed" if holds else "implicitDeny")


FEDERATED = {
    "Effect": "Allow",
    "Principal": {"Federated": "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:o/r:*"}},
}


@pytest.mark.parametrize(
    ("statements", "sub", "trusted"),
    [
        ([FEDERATED], "repo:o/r:ref:refs/heads/main", True),
        ([FEDERATED], "repo:o/other:ref:refs/heads/main", False),
        ([{**FEDERATED, "Action": "sts:AssumeRole"}], "repo:o/r:x", False),
        ([{**FEDERATED, "Principal": {"Service": "sagemaker.amazonaws.com"}}], "repo:o/r:x", False),
        ([{**FEDERATED, "Principal": "*"}], "repo:o/r:x", True),
        ([FEDERATED, {**FEDERATED, "Effect": "Deny"}], "repo:o/r:x", False),
    ],
)
def test_trust(policy, statements, sub, trusted):
    provider = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"
    context = {"token.actions.githubusercontent.com:sub": [sub]}
    request = policy.Request("sts:AssumeRoleWithWebIdentity", "*", context)
    assert policy.trusts({"Statement": statements}, request, "Federated", provider) == trusted


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("*a" * 20 + "*b", "a" * 1_024, False),
        ("a?*" * 20 + "b", "a" * 1_024, False),
        ("*" * 500 + "b", "a" * 1_024, False),
        ("*[a]*", "x[a]y", True),
        ("*[a]*", "xay", False),
        ("a*\n?", "ab\nc", True),
        ("[!a]", "b", False),
    ],
)
def test_wildcards_take_no_time_and_no_other_sign_is_one(policy, pattern, text, expected):
    begun = time.monotonic()
    request = policy.Request(GET, text, {})
    assert (policy.judge(request, [{"Statement": [statement(Resource=pattern)]}]) == "allowed") is expected
    assert time.monotonic() - begun < 1
