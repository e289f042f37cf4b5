"""What both ssm and the action run: nothing of either's toolkit."""

import os
from pathlib import Path

before = os.environ.get("SM_CHANNEL_BEFORE")
if before:
    print("before", sorted(path.name for path in Path(before).iterdir()))
Path(os.environ["SM_MODEL_DIR"], "model.txt").write_text("trained")
