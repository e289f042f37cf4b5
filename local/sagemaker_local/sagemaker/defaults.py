"""The defaults that SageMaker adds to a request, as DescribeTrainingJob shows them (recorded)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def with_defaults(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request with the defaults that a description shows."""
    return {
        "EnableNetworkIsolation": False,
        "EnableInterContainerTrafficEncryption": False,
        "EnableManagedSpotTraining": False,
        **request,
        # SDK v2's `attach` reads the key without asking whether there is one.
        "OutputDataConfig": {"KmsKeyId": "", **request["OutputDataConfig"]},
    }
