"""Which error becomes the reason of a failure: in the logs with which the action's own reading is tested."""

import sys
from pathlib import Path

import pytest
from instance import TOOLKIT

LOGS = Path(__file__).parent.parent / "failure" / "logs"

sys.path.insert(0, str(TOOLKIT))
from task_toolkit.failure import reason  # noqa: E402 - the toolkit is no installed package


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("raised-from-another", "KeyError: 'bill_dpeth_mm'"),
        ("subprocess", "KeyError: 'bill_dpeth_mm'"),
        ("torchrun", "KeyError: 'bill_dpeth_mm'"),
        ("torchrun-without-prefixes", "ValueError: too many values to unpack (expected 2)"),
        ("torchrun-recorded", "KeyError: 'bill_dpeth_mm'"),
        ("torchrun-killed", "torch.distributed.elastic.multiprocessing.errors.ChildFailedError:"),
        ("accelerate", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 512.00 MiB."),
        ("mpi-of-sagemaker", "ValueError: row 17 is empty"),
        ("spawn", "RuntimeError: mat1 and mat2 shapes cannot be multiplied"),
        ("data-loader", "KeyError: 'label'"),
        ("exception-group", "TypeError: no"),
        ("loguru", "KeyError: 'row-3'"),
        ("logged-traceback", "KeyError: 'x'"),
        ("syntax-error-in-module", "SyntaxError: invalid syntax"),
        ("indentation-error", "IndentationError: unexpected indent"),
        ("handled-then-true", "RuntimeError: no config"),
        ("handled-only", "epoch 30: loss 0.30"),
        ("shell-script", "./train.sh: line 4: python3.99: command not found"),
    ],
)
def test_the_reason_is_the_true_error(log: str, expected: str) -> None:
    text = reason("train.py", 1, (LOGS / f"{log}.txt").read_text())
    assert text.startswith(f"train.py failed with exit code 1: {expected}")
    assert len(text) <= 1024


def test_a_wrappers_traceback_is_not_shown() -> None:
    text = reason("train.py", 1, (LOGS / "subprocess.txt").read_text())
    assert text.rstrip().endswith("KeyError: 'bill_dpeth_mm'")
    assert "CalledProcessError" not in text
