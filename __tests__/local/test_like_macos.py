"""On macOS the stand-in starts and runs jobs, as plain processes."""

import sys
from pathlib import Path

LIKE_MACOS = str(Path(__file__).with_name("like_macos.py"))


def test_jobs_run_as_plain_processes(start):
    server = start(command=(sys.executable, LIKE_MACOS))
    assert server.told["isolation"] == "none"
    name = server.create('echo "in $SAGEMAKER_BASE_DIR"; (sleep 300) & exit 3', instances=2)
    assert server.ended(name)["TrainingJobStatus"] == "Failed"
    # The first instance to fail ends the other, which may not have printed anything yet.
    hosts = [stream.split("/")[1].rsplit("-", 1)[0] for stream in server.streams(name)]
    assert any(line.startswith("in /") for host in hosts for line in server.lines(name, host))
    code, said = server.end()
    assert code == 0
    assert "isolation of jobs: none (root: only on Linux" in said
