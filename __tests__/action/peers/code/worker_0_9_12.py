"""A worker of ssm 0.9.12, which the action runs unchanged: what it finds, what it leaves, and its mark."""

import logging
import sys
from pathlib import Path

from task_toolkit import algo_lib

# A print of one text: AWS's images put each argument of a print on a line of its own.
logging.basicConfig(stream=sys.stdout)
algo_lib.setDebugLevel()
args = algo_lib.parseArgs()
state = Path(algo_lib.initMultiWorkersState(args))
for channel in args.channel_names:
    folder = Path(getattr(args, f"input_{channel}"))
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    print(f"{channel} {files}")
progress = state / "progress"
steps = int(progress.read_text()) + 1 if progress.exists() else 1
beside = sorted(Path(args.state).iterdir())
print(f"steps {steps} of {args.current_host} among {len(args.hosts)} beside {beside}")
progress.write_text(str(steps))
Path(args.model_dir, f"model-{args.current_host}").write_text("trained")
Path(args.output_data_dir, "report").write_text("fine")
if args.current_host not in sys.argv[1:]:
    algo_lib.markCompleted(args)
