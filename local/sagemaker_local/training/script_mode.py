"""Jobs without a ContainerEntrypoint: the image would start AWS's training toolkit, here the machine's `python3` does.

The toolkit (`pip install sagemaker-training`) is none of the server's own requirements. Where it is missing the job
fails by a failure file that says so.
"""

from __future__ import annotations

_START = """\
try:
    from sagemaker_training.cli.train import main
except ImportError as error:
    import os, sys
    base = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
    with open(os.path.join(base, "output", "failure"), "w") as file:
        file.write(
            "AlgorithmSpecification has no ContainerEntrypoint, and AWS's training toolkit, which would start then, "
            "cannot be imported by %s: %s. `pip install sagemaker-training`, or name a ContainerEntrypoint."
            % (sys.executable, error)
        )
    sys.exit(1)
main()
"""


def script_mode_command() -> list[str]:
    """The command that stands for the entry point of AWS's framework images."""
    return ["python3", "-c", _START]
