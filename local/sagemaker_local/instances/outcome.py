"""Why a job failed, in SageMaker's words."""

from __future__ import annotations

from collections.abc import Sequence

from sagemaker_local.instances.group import Exit
from sagemaker_local.instances.host import Host

_REASON_CHARACTERS = 1024  # of the failure file
_CLASSES = ("AlgorithmError: ", "ClientError: ")


class Unrunnable(Exception):  # noqa: N818 - how a job ends
    """The job's image or entry point cannot be run here; the text is the job's FailureReason."""


def failure_of(exits: Sequence[Exit], hosts: Sequence[Host]) -> str:
    """The FailureReason, empty if no instance failed: by its exit code, or by a failure file that it wrote.

    Of several the first one counts. The form of the text is (assumed) but for its first words.
    """
    for each in exits:
        if each.fault:
            text = each.fault.strip().splitlines()[-1]
            return (
                text if text.startswith(_CLASSES) else f"InternalServerError: the instance could not be started: {text}"
            )
        file = hosts[each.number].left("output", "failure")
        wrote = file is not None and file.is_file()
        text = file.read_text(errors="replace")[:_REASON_CHARACTERS] if file and wrote else ""
        if each.code != 0 or wrote:
            return f"AlgorithmError: {text.rstrip()}, exit code: {each.code}"
    return ""
