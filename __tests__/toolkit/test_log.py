"""What the log shows of values that look like credentials, and of those that only resemble them."""

import sys
from argparse import Namespace
from typing import Any

import pytest
from instance import TOOLKIT

sys.path.insert(0, str(TOOLKIT))

from task_toolkit import log

KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
HIDDEN: list[tuple[str, Any]] = [
    ("password", "x"),
    ("PASSWORD", 12345678),
    ("dbPassword", "x"),
    ("my-api-key", "x"),
    ("wandb_api_key", "x"),
    ("HF_TOKENS", ["a", "b"]),
    ("auth", "x"),
    ("user_pw", "x"),
    ("x", "AKIAIOSFODNN7EXAMPLE"),
    ("x", "key ASIAIOSFODNN7EXAMPLE in a text"),
    ("x", KEY),
    ("x", "ghp_0123456789abcdefghijABCDEFGHIJ012345"),
    ("x", "github_pat_11ABCDEFG0123456789_abcdefghij"),
    ("x", "hf_abcdefghijklmnopqrstuvwxyz"),
    ("x", "postgres://me:secret@host/db"),
    ("x", "Authorization: Bearer abc"),
    ("x", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc"),
    ("x", "-----BEGIN RSA PRIVATE KEY-----\nMII"),
    ("x", '{"password": "x"}'),
    ("x", "--token=x"),
    ("x", "SECRET_KEY_BASE = x"),
]
SHOWN: list[tuple[str, Any]] = [
    ("tokenizer", "bert-base"),
    ("passes", "3"),
    ("password", ""),
    ("token", None),
    ("use_token", True),
    ("author", "x"),
    ("key", "x"),
    ("x", "0123456789abcdef0123456789abcdef01234567"),
    ("x", "/opt/ml/input/data/Channel1/aaaaaaaaaaaa"),
    ("x", "s3://bucket/a@b"),
    ("x", "a secret garden"),
    ("x", "me@host"),
    ("x", 0.5),
    ("x", [1, "a", {"b": None}]),
]


@pytest.mark.parametrize(("name", "value"), HIDDEN)
def test_hidden(name: str, value: Any) -> None:
    assert log.shown(Namespace(**{name: value, "y": 1})) == Namespace(**{name: "***", "y": 1})
    assert log.shown({"nested": [{name: value}]}) == {"nested": [{name: "***"}]}


@pytest.mark.parametrize(("name", "value"), SHOWN)
def test_shown(name: str, value: Any) -> None:
    assert log.shown(Namespace(**{name: value})) == Namespace(**{name: value})


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["--token", "a", "b"], ["--token", "***", "b"]),
        (["--token", "-a"], ["--token", "***"]),
        (["--token", "--size", "3"], ["--token", "--size", "3"]),
        (["--size", "3", KEY], ["--size", "3", "***"]),
        (["--password=a b", "x"], ["***", "x"]),
        (["w.py"], ["w.py"]),
    ],
)
def test_a_command_line(words: list[str], shown: list[str]) -> None:
    assert log.shown_words(words) == shown
