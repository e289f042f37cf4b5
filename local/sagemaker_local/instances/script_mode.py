"""Jobs without a ContainerEntrypoint: the image would start AWS's training toolkit, here the machine's `python3` does.

It is started as by AWS's framework images, which name a module of theirs that captures the script's output, and print
unbuffered (sagemaker-pytorch-training 3.0.0, `training.py`; the images' environment as recorded).

The toolkit (`pip install sagemaker-training`) does not come with the server's own requirements. Where it is missing the
job fails, and its failure file says why.
"""

from __future__ import annotations

_START = """\
import os, sys, types
try:
    from sagemaker_training import entry_point, environment, runner
    from sagemaker_training.cli.train import main
except ImportError as error:
    base = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
    with open(os.path.join(base, "output", "failure"), "w") as file:
        file.write(
            "The job has no ContainerEntrypoint, so AWS's training toolkit starts it, and %s cannot import that: %s. "
            "Run `pip install sagemaker-training`, or give the job a ContainerEntrypoint."
            % (sys.executable, error)
        )
    sys.exit(1)

def train():
    own = environment.Environment()
    entry_point.run(
        uri=own.module_dir, user_entry_point=own.user_entry_point, args=own.to_cmd_args(),
        env_vars=own.to_env_vars(), capture_error=True, runner_type=runner.ProcessRunnerType,
    )

image = sys.modules["framework_image"] = types.ModuleType("framework_image")
image.train = train
os.environ["SAGEMAKER_TRAINING_MODULE"] = "framework_image:train"
os.environ.setdefault("PYTHONUNBUFFERED", "1")
main()
"""


def script_mode_command() -> list[str]:
    """The command that stands for the entry point of AWS's framework images."""
    return ["python3", "-c", _START]
