"""What separates a job from the machine, in each way of isolation."""

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from conftest import BUCKET, LOCAL
from machine import NOBODY, ROOT, marked, mounts, works


def an_interpreter_for_nobody(group):
    """A command that starts this Python's version as an ordinary user, and the environment that it needs."""
    for python in (sys.executable, "/usr/bin/python3"):
        groups = f"--groups={group}" if group else "--clear-groups"
        command = ["setpriv", f"--reuid={NOBODY.pw_uid}", f"--regid={NOBODY.pw_gid}", groups, python]
        libraries = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
        environment = {"PYTHONPATH": libraries, "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
        same = f"import os, sys, moto; assert sys.version_info[:2] == {sys.version_info[:2]}"
        check = [*command, "-c", f"{same} and os.access(sys.executable, os.X_OK)"]
        if subprocess.run(check, env=environment, capture_output=True, cwd=LOCAL).returncode == 0:
            return command, environment
    return None


def as_nobody(start, tmp_path_factory, *flags, wrap=(), group=0, **variables):
    """A server of an ordinary user, who is in one further group."""
    ordinary = an_interpreter_for_nobody(group) if ROOT and shutil.which("setpriv") else None
    if not ordinary:
        pytest.skip("needs root, setpriv and a Python that an ordinary user may start")
    command, environment = ordinary
    data = tmp_path_factory.mktemp("nobody")
    for folder in (data, *data.parents[:3]):
        if folder.stat().st_uid == 0 and folder != Path("/tmp"):
            folder.chmod(0o755)
    shutil.chown(data, NOBODY.pw_uid, NOBODY.pw_gid)
    environment = {**environment, **variables}
    return start("--time-scale", "0.01", *flags, data=data, command=[*wrap, *command], environment=environment)


@pytest.fixture(scope="session", params=["root", "sudo", "user", "ordinary user", "none"])
def isolated(request, start, tmp_path_factory, sudo):
    """A server of each isolation that this machine allows. Its own environment holds a secret."""
    kind = request.param
    if kind == "ordinary user":
        return as_nobody(start, tmp_path_factory, "--isolation", "user")
    if not works(kind):
        pytest.skip("not on this machine")
    path = os.pathsep.join([f"{sys.prefix}/bin", (sudo if kind == "sudo" else os.environ)["PATH"]])
    environment = {"RUNNER_SECRET": "hush", "PATH": path}
    return start("--time-scale", "0.01", "--isolation", kind, environment=environment)


SCRIPT = """
cat $B/input/data/in/*
python3 - <<'PYTHON'
import json, os
print(json.load(open(os.environ["B"] + "/input/config/resourceconfig.json"))["current_host"])
state = json.load(open(os.environ["B"] + "/input/config/checkpointconfig.json"))["LocalPath"]
print(open(state + "/old").read())
host = json.load(open(os.environ["B"] + "/input/config/resourceconfig.json"))["current_host"]
for folder in (state, os.environ["B"] + "/model", os.environ["B"] + "/output/data"):
    os.makedirs(folder + "/shut")
    open(folder + "/shut/" + host, "w").write(host)
    os.chmod(folder + "/shut/" + host, 0o200)
    os.chmod(folder + "/shut", 0o500)
PYTHON
"""


def test_the_same_job_runs_in_each(isolated):
    isolated.put("same/in/1", "input\n")
    isolated.put("same/state/old", "old state")
    job = isolated.run(
        SCRIPT,
        instances=2,
        channels={"in": {"S3Uri": f"s3://{BUCKET}/same/in/"}},
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/same/state", "LocalPath": "/state"},
    )
    assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]
    for host in ("algo-1", "algo-2"):
        assert isolated.lines(job["TrainingJobName"], host) == ["input", host, "old state"]
        assert isolated.text(f"same/state/shut/{host}") == host
    assert isolated.keys(f"out/{job['TrainingJobName']}/")
    assert list((isolated.data / "jobs").iterdir()) == []


def test_no_secret_of_the_server_reaches_the_job(isolated):
    job = isolated.run("env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'")
    lines = isolated.lines(job["TrainingJobName"])
    names = {line.partition("=")[0] for line in lines}
    assert {"PATH", "TRAINING_JOB_NAME", "AWS_ENDPOINT_URL", "AWS_CONTAINER_CREDENTIALS_FULL_URI"} <= names
    if isolated.told["isolation"] != "none":
        assert not any("hush" in line for line in lines)
    else:  # /proc is the machine's there
        own = isolated.run("env")
        assert not any("hush" in line for line in isolated.lines(own["TrainingJobName"]))
    assert "PYTHONSTARTUP" not in names


def test_the_virtual_environment_of_the_server_is_not_the_jobs(isolated):
    job = isolated.run("python3 -c 'import sys; print(sys.prefix)'")
    (prefix,) = isolated.lines(job["TrainingJobName"])
    assert sys.prefix == sys.base_prefix or prefix != sys.prefix


def test_what_a_job_leaves_running_dies_with_it(isolated):
    mark = f"leftover-{isolated.told['pid']}"
    script = f"""
    python3 -c 'import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(300) # {mark}
' &
    sleep 0.7
    echo done
    """
    job = isolated.run(script)
    assert isolated.lines(job["TrainingJobName"]) == ["done"]
    assert not marked(mark)


def test_pip_installs_vanish(isolated, tmp_path):
    wheel = make_wheel(tmp_path)
    isolated.s3.upload_file(str(wheel), BUCKET, f"pip/{wheel.name}")
    script = """
    python3 -m pip install -q --no-index $B/input/data/pip/*.whl || exit 1
    python3 -c 'import ssm_probe; print(ssm_probe.VALUE)'
    """
    channels = {"pip": {"S3Uri": f"s3://{BUCKET}/pip/"}}
    job = isolated.run(script, channels=channels, instances=2)
    if job["TrainingJobStatus"] == "Failed" and "No module named pip" in "".join(
        isolated.lines(job["TrainingJobName"])
    ):
        pytest.skip("the machine's python3 has no pip")
    assert job["TrainingJobStatus"] == "Completed", isolated.lines(job["TrainingJobName"])
    assert isolated.lines(job["TrainingJobName"])[-1] == "42"
    again = isolated.run("python3 -c 'import ssm_probe'")
    assert again["TrainingJobStatus"] == "Failed"


def make_wheel(folder):
    """The smallest wheel there is."""
    path = folder / "ssm_probe-1-py3-none-any.whl"
    info = "ssm_probe-1.dist-info"
    files = {
        "ssm_probe.py": "VALUE = 42\n",
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: ssm-probe\nVersion: 1\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in [*files, f"{info}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(name, text)
    return path


def test_writes_do_not_reach_the_machine(isolated):
    if isolated.told["isolation"] == "none":
        pytest.skip("nothing keeps a plain process from writing")
    before = mounts()
    name = f"written-by-a-job-{isolated.told['pid']}"
    folders = ["/etc", "/usr/local", "/var/tmp", "/tmp", "/opt", "/dev/shm", "/run"]
    # A checkout below /tmp is not there for a job, which has a /tmp of its own.
    folders += [] if LOCAL.is_relative_to("/tmp") else [str(LOCAL)]
    script = "\n".join(f"echo x > {folder}/{name} && echo {folder}" for folder in folders)
    job = isolated.run(script + "; hostname; echo $$; ls /tmp; true")
    lines = isolated.lines(job["TrainingJobName"])
    assert "/tmp" in lines
    assert "/dev/shm" in lines
    if isolated.told["isolation"] in ("root", "sudo"):
        assert lines[: len(folders)] == folders
    assert lines[-3:] == ["algo-1", "1", name]
    assert not [folder for folder in folders if Path(folder, name).exists()]
    assert mounts() == before


@pytest.fixture
def coming_and_going():
    """A folder in which something is mounted, and where other folders are made and removed all the time."""
    folder = Path(tempfile.mkdtemp(prefix="coming-and-going-", dir="/var/tmp"))
    mounted = folder / "mounted"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", mounted], check=True)
    ended = threading.Event()

    def come_and_go():
        for count in itertools.takewhile(lambda _: not ended.is_set(), itertools.count()):
            (folder / str(count)).mkdir()
            if count >= 300:
                (folder / str(count - 300)).rmdir()

    with ThreadPoolExecutor(1) as threads:
        busy = threads.submit(come_and_go)
        yield folder
        ended.set()
    subprocess.run(["umount", mounted], check=True)
    shutil.rmtree(folder)
    busy.result()


@pytest.mark.skipif(not ROOT, reason="needs root, to mount something")
def test_what_others_remove_meanwhile_is_no_mistake(start, coming_and_going):
    server = start("--time-scale", "0.01", "--isolation", "user")
    for _ in range(5):
        job = server.run(f"ls -d {coming_and_going}/mounted")
        assert job["TrainingJobStatus"] == "Completed", job["FailureReason"]


def test_a_job_sees_no_process_of_the_machine(isolated):
    if isolated.told["isolation"] == "none":
        pytest.skip("a plain process sees them")
    job = isolated.run("ls /proc | grep -c '^[0-9]'")
    assert int(isolated.lines(job["TrainingJobName"])[0]) <= 4
