"""A long training: state that a new start goes on from, and a metric an epoch."""

import json
import pathlib
import time

from task_toolkit import algo_lib

args = algo_lib.parseArgs()
algo_lib.initMultiWorkersState(args)
progress = pathlib.Path(args.state) / args.current_host / "epoch.json"
epoch = json.loads(progress.read_text())["epoch"] if progress.exists() else 0
while epoch < int(args.hps["epochs"]):
    epoch += 1
    time.sleep(float(args.hps["seconds"]))
    algo_lib.logMetrics(epoch=epoch, loss=1 / epoch)
    progress.write_text(json.dumps({"epoch": epoch}))
(pathlib.Path(args.model_dir) / "model.json").write_text(json.dumps({"loss": 1 / epoch}))
algo_lib.markCompleted(args)
