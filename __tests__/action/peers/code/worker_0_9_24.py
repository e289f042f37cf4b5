"""A worker of ssm 0.9.24, which the action runs unchanged: what it finds and what it leaves."""

import logging
import sys
from pathlib import Path

from worker_toolkit import worker_lib

# A print of one text: AWS's images put each argument of a print on a line of its own.
logging.basicConfig(stream=sys.stdout)
worker_config = worker_lib.WorkerConfig()
for channel in worker_config.channels:
    folder = Path(getattr(worker_config, f"channel_{channel}"))
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    print(f"{channel} {files}")
progress = Path(worker_config.instance_state, "progress")
steps = int(progress.read_text()) + 1 if progress.exists() else 1
beside = sorted(Path(worker_config.state).iterdir())
print(f"steps {steps} of {worker_config.current_host} among {worker_config.num_nodes} beside {beside}")
progress.write_text(str(steps))
Path(worker_config.model_dir, f"model-{worker_config.current_host}").write_text("trained")
Path(worker_config.output_data_dir, "report").write_text("fine")
