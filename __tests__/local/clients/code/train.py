"""What the SDKs' jobs run."""

import json
import os
import sys
from pathlib import Path

print("args", sys.argv[1:])
print("channel", [path.name for path in Path(os.environ["SM_CHANNEL_TRAIN"]).iterdir()])
print("loss=0.25")
Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text("trained")
config = Path("/opt/ml/input/config/checkpointconfig.json")
if config.exists():
    Path(json.loads(config.read_text())["LocalPath"], "step").write_text("1")
if "--fail" in sys.argv:
    raise ValueError("boom: 3")
