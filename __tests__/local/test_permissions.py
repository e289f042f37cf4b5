"""The names of actions, checked against AWS's reference of them as parliament packs it; it lints the policies too."""

import importlib
import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import LOCAL


@pytest.fixture(scope="module")
def reference():
    """Actions by service."""
    services = json.loads(Path(find_spec("parliament").origin).with_name("iam_definition.json").read_text())
    return {each["prefix"]: {action["privilege"] for action in each["privileges"]} for each in services}


@pytest.fixture
def module(monkeypatch):
    monkeypatch.syspath_prepend(str(LOCAL))
    return importlib.import_module


def test_an_operation_of_s3_stands_for_an_action_that_there_is(reference, module):
    actions = module("sagemaker_local.s3.operations").ACTIONS
    assert set(actions.values()) <= reference["s3"]
    assert [name for name, action in actions.items() if name == action] == []  # the default


def test_what_a_call_needs_besides_is_an_action_that_there_is(reference, module):
    permissions, call = module("sagemaker_local.iam.permissions"), module("sagemaker_local.protocol.call")
    given = {"Bucket": "b", "Key": "k", "CopySource": "b/k", "DeletedKeys": ["1", "2"], "Tagged": True, "Tags": [{}]}
    given |= {"Encryption": "aws:kms", "KmsKey": "alias/k", "Acl": "private", "Grants": False, "UploadId": ""}
    needed = [
        need.action.split(":")
        for service, operation in permissions._FURTHER
        for need in permissions.permissions_of(call.Call(service, operation, "us-east-1", None, given), "1")
    ]
    assert {("iam", "PassRole"), ("sagemaker", "AddTags"), ("s3", "PutObjectTagging")} <= set(map(tuple, needed))
    assert {("s3", "PutObjectAcl"), ("kms", "GenerateDataKey")} <= set(map(tuple, needed))
    assert [each for each in needed if each[1] not in reference[each[0]]] == []
