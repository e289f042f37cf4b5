"""Signatures: the same as botocore makes."""

import datetime
import sys

import pytest
from instance import TOOLKIT
from secret_services import KEYS, authorization

sys.path.insert(0, str(TOOLKIT))

from task_toolkit.signature import Credentials, signed

NOW = datetime.datetime(2026, 11, 30, 4, 5, 6, tzinfo=datetime.timezone.utc)
HEADERS = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.GetSecretValue"}


@pytest.mark.parametrize(
    "url",
    [
        "https://secretsmanager.eu-west-1.amazonaws.com/",
        "https://secretsmanager.cn-north-1.amazonaws.com.cn/",
        "https://vpce-0a1b.secretsmanager.eu-west-1.vpce.amazonaws.com:443/",
        "http://127.0.0.1:4566/",
        "http://[::1]:4566/",
        "http://localhost:80/a/path/",
        "http://localhost/ünder a path/~x/",
    ],
)
@pytest.mark.parametrize("service", ["secretsmanager", "ssm"])
@pytest.mark.parametrize("token", [KEYS["Token"], ""])
@pytest.mark.parametrize("body", [b"{}", '{"SecretId": "ü"}'.encode()])
@pytest.mark.parametrize("more", [{}, {"X-Odd": "  two   blanks "}])
def test_it_is_botocores(url: str, service: str, token: str, body: bytes, more: dict[str, str]) -> None:
    keys = {**KEYS, "Token": token}
    headers = {**HEADERS, **more}
    made = signed(url, headers, body, service, "eu-west-1", Credentials(*keys.values()), NOW)
    expected = authorization(url, dict(headers), body, service, "eu-west-1", keys, "20261130T040506Z")
    assert made["Authorization"] == expected
    assert made["X-Amz-Date"] == "20261130T040506Z"
    assert made.get("X-Amz-Security-Token", "") == token
