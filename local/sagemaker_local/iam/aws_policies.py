"""AWS's own managed policies, which moto knows: it is given them when a request is first about them.

moto would load them for each partition as soon as IAM or STS is asked for anything, which takes a second.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from moto.iam.aws_managed_policies import aws_managed_policies_data
from moto.iam.models import AWSManagedPolicy, iam_backends

from sagemaker_local.protocol.call import Call

_LISTING = ("ListPolicies", "GetAccountAuthorizationDetails")
_PARTITIONS = ("aws", "aws-cn", "aws-us-gov")
_lock = threading.Lock()


def provide_aws_policies(call: Call, account: str) -> None:
    """Load those of the partition that a request to IAM is about, unless they are there or it is about none."""
    given = call.parameters
    named = str(given.get("PolicyArn") or given.get("PermissionsBoundary") or "")
    if ":iam::aws:policy/" in named:
        partition = named.split(":")[1]
    elif call.operation in _LISTING:
        partition = "aws"
    else:
        return
    if partition not in _PARTITIONS:
        return
    backend: Any = iam_backends[account][partition]
    with _lock:
        if backend.aws_managed_policies:
            return
        backend.aws_managed_policies = [
            AWSManagedPolicy.from_data(name, account, backend.region_name, policy)
            for name, policy in json.loads(aws_managed_policies_data).items()
        ]
        backend.managed_policies.update({policy.arn: policy for policy in backend.aws_managed_policies})
