"""What ssm's job runs."""

import os
import sys
from pathlib import Path

print("worker sees", os.environ["SM_CURRENT_HOST"], sys.argv[1:])
Path(os.environ["SM_MODEL_DIR"], os.environ["SM_CURRENT_HOST"]).write_text("trained")
