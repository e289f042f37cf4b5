"""Which isolation a server takes, and that nothing outlives it."""

import ctypes
import json
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from conftest import LOCAL, wait_for
from machine import ROOT, marked, mounts, supervising, works


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("kind", ["root", "sudo", "user", "none"])
def test_nothing_outlives_the_server(start, sudo, kind, number):
    if not works(kind):
        pytest.skip("not on this machine")
    before = mounts()
    mark = f"{kind}-{int(number)}-{os.getpid()}"
    server = start("--isolation", kind, environment=sudo if kind == "sudo" else None)
    python = f"python3 -c 'import time; print(1, flush=True); time.sleep(300) # {mark}'"
    script = f"trap '' TERM; (sleep 300; : {mark}) & {python}"
    name = server.create(script, instances=2)
    for host in ("algo-1", "algo-2"):
        server.wait_for_line(name, "1", host)
    assert len(marked(mark)) >= 2
    assert marked(str(server.data)) or supervising(server.data)
    code, _ = server.end(number)
    assert code == (-9 if number == signal.SIGKILL else 0)
    wait_for(lambda: not marked(mark), 5, "the end of the job's processes")
    wait_for(lambda: not marked(str(server.data)) and not supervising(server.data), 5, "the end of the supervisors")
    assert mounts() == before
    if number != signal.SIGKILL:
        assert [path.name for path in server.data.iterdir()] == ["requests.jsonl"]
    else:
        again = start("--isolation", "none", data=server.data)
        assert list((server.data / "jobs").iterdir()) == []
        again.end()


@pytest.mark.parametrize("kind", ["root", "user", "none"])
def test_a_job_whose_supervisor_is_killed_fails_and_leaves_nothing(start, kind):
    if not works(kind):
        pytest.skip("not on this machine")
    mark = f"killed-{kind}-{os.getpid()}"
    server = start("--isolation", kind)
    name = server.create(f"echo ready; while true; do sleep 1; done; : {mark}")
    server.wait_for_line(name, "ready")
    for pid in supervising(server.data):
        os.kill(pid, signal.SIGKILL)
    assert server.ended(name)["TrainingJobStatus"] == "Failed"
    wait_for(lambda: not marked(mark) and not supervising(server.data), 5, "the end of what the job started")


def test_jobs_start_after_the_starter_of_supervisors_was_killed(start):
    # A process of its own: the tests' other stand-ins share a starter.
    server = start("--isolation", "none", command=[sys.executable])
    assert server.run("echo once")["TrainingJobStatus"] == "Completed"
    threads = Path(f"/proc/{server.process.pid}/task").iterdir()
    children = [pid for thread in threads for pid in (thread / "children").read_text().split()]
    [starter] = [int(pid) for pid in children if "isolation.starter" in Path(f"/proc/{pid}/cmdline").read_text()]
    os.kill(starter, signal.SIGKILL)
    assert server.run("echo again")["TrainingJobStatus"] == "Completed"


@pytest.mark.skipif(sys.platform != "linux", reason="signals a thread by Linux's own call")
def test_ends_whichever_thread_gets_the_signal(start):
    server = start("--isolation", "none")
    process = server.process.pid

    def others() -> set[int]:
        return {int(path.name) for path in Path(f"/proc/{process}/task").iterdir()} - {process}

    before = others()
    time.sleep(0.5)
    # A thread that answers one request has ended meanwhile.
    lasting = max(before & others())
    tgkill = 234 if platform.machine() == "x86_64" else 131  # the number of the system call
    assert ctypes.CDLL(None).syscall(tgkill, process, lasting, signal.SIGTERM) == 0
    assert server.process.wait(20) == 0


def test_auto_falls_back_to_none_where_namespaces_are_denied(start):
    if not (ROOT and shutil.which("unshare") and shutil.which("setpriv")):
        pytest.skip("needs root, unshare and setpriv")
    deny = (
        'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$@"'
    )
    wrap = ["unshare", "--user", "--map-root-user", "sh", "-c", deny, "sh"]
    server = start("--time-scale", "0.01", command=[*wrap, sys.executable])
    assert server.told["isolation"] == "none"
    reason = server.local("health")["isolation_reason"]
    assert "root: " in reason
    assert "user: " in reason
    job = server.run("cat $B/input/config/resourceconfig.json")
    assert json.loads(server.lines(job["TrainingJobName"])[0])["current_host"] == "algo-1"
    _, told = server.end()
    assert told.startswith("isolation of jobs: none (root: ")


def test_auto_prefers_root(server):
    assert server.told["isolation"] == "root" or not ROOT


def test_an_isolation_that_does_not_work_is_an_error(tmp_path):
    command = [sys.executable, "-m", "sagemaker_local", "--data", str(tmp_path / "d"), "--isolation", "sudo"]
    ended = subprocess.run(command, cwd=LOCAL, capture_output=True, text=True, env={**os.environ, "PATH": "/nowhere"})
    assert ended.returncode != 0
    assert "--isolation sudo does not work here: sudo: no sudo" in ended.stderr
