"""How an instance ends: signals, orphans, what is left behind, and the end line in any case."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from conftest import Run, start
from instance import Ended, Instance

TRAPPING = (
    "import signal, sys, time\n"
    "def end(number, _):\n    print('cleaning up after', number)\n    sys.exit(7)\n"
    "signal.signal(signal.SIGTERM, end)\nsignal.signal(signal.SIGINT, end)\nprint('up')\ntime.sleep(60)\n"
)
TRAPPING_SHELL = "trap 'echo cleaning up; exit 7' TERM\necho up\nwhile :; do :; done\n"
# Own PID namespace: the launcher is PID 1, as in a container.
AS_FIRST = ("unshare", "--fork", "--pid", "--mount-proc", "--kill-child")


def can_be_first() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*AS_FIRST, "true"], capture_output=True, check=False).returncode == 0


needs_namespace = pytest.mark.skipif(not can_be_first(), reason="this machine refuses PID namespaces")


def signalled(instance: Instance, send: Callable[[int], None], *prefix: str) -> Ended:
    """Start it, wait for the line `up`, call `send` with the process's id."""
    process = instance.start(*prefix)
    assert process.stdout is not None
    while process.stdout.readline() != b"up\n":
        assert process.poll() is None
    send(process.pid)
    return instance.finish(process)


def to_process(number: int) -> Callable[[int], None]:
    return lambda pid: os.kill(pid, number)


def to_child(number: int) -> Callable[[int], None]:
    """To the launcher that unshare started."""

    def send(pid: int) -> None:
        os.kill(int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0]), number)

    return send


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_go_on_to_the_script(python: Instance, number: int) -> None:
    start(python, {"w.py": TRAPPING})
    ended = signalled(python, to_process(number))
    assert ended.code == 7
    assert ended.lines[0] == f"cleaning up after {int(number)}"
    assert ended.failure is not None
    assert "failed with exit code 7" in ended.failure


def test_signals_go_on_to_all_that_the_script_started(python: Instance) -> None:
    start(python, {"run": f"python3 -c '{TRAPPING.replace(chr(39), chr(34))}'\n"})
    ended = signalled(python, to_process(signal.SIGTERM))
    assert "cleaning up after 15" in ended.lines
    assert ended.code != 0


def test_a_script_that_ends_well_after_a_signal_did_not_fail(python: Instance) -> None:
    start(python, {"w.py": TRAPPING.replace("exit(7)", "exit(0)")})
    ended = signalled(python, to_process(signal.SIGTERM))
    assert (ended.code, ended.failure) == (0, None)


def test_a_script_that_a_signal_ends_says_so(python: Instance) -> None:
    start(python, {"w.py": "import time\nprint('up')\ntime.sleep(60)\n"})
    ended = signalled(python, to_process(signal.SIGTERM))
    assert ended.code == 128 + 15
    assert ended.failure is not None
    assert ended.failure.startswith("w.py was killed by SIGTERM")


@needs_namespace
def test_the_first_process_passes_signals_on(python: Instance) -> None:
    start(python, {"w.py": TRAPPING})
    ended = signalled(python, to_child(signal.SIGTERM), *AS_FIRST)
    assert (ended.code, ended.lines[0]) == (7, "cleaning up after 15")


@needs_namespace
def test_the_first_process_waits_for_orphans(python: Instance) -> None:
    script = (
        "import os, time\n"
        "for _ in range(20):\n"
        "    if os.fork() == 0:\n"
        "        if os.fork() == 0:\n"
        "            time.sleep(0.1)\n"
        "        os._exit(0)\n"
        "    os.wait()\n"
        "time.sleep(1.5)\n"
        "states = [open('/proc/%s/stat' % pid).read().rpartition(')')[2].split()[0]"
        " for pid in os.listdir('/proc') if pid.isdigit()]\n"
        "print(states.count('Z'))\nraise SystemExit(5)\n"
    )
    start(python, {"w.py": script})
    ended = python.finish(python.start(*AS_FIRST))
    assert ended.printed == ["0"]
    assert ended.code == 5


@pytest.mark.parametrize("code", [0, 3])
def test_what_a_script_leaves_behind_does_not_hold_the_job(python: Instance, run: Run, code: int) -> None:
    script = f"import subprocess, sys\nsubprocess.Popen(['sleep', '60'])\nprint('done')\nsys.exit({code})\n"
    begun = time.monotonic()
    ended = run(python, {"w.py": script})
    assert ended.code == code
    assert 4 < time.monotonic() - begun < 20
    assert ended.printed[0] == "done"
    assert "still holds its output" in ended.printed[1]
    assert ended.end[1] == len(ended.lines) - 1
    assert code == 0 or (ended.failure or "").startswith("w.py failed with exit code 3: done")


def test_what_is_printed_after_the_scripts_end_is_read(python: Instance, run: Run) -> None:
    ended = run(python, {"w.sh": '#!/bin/bash\nexec > >(while read -r x; do sleep 0.3; echo "<$x>"; done)\necho a\n'})
    assert ended.printed == ["<a>"]


@pytest.mark.parametrize("name", ["resourceconfig", "hyperparameters", "inputdataconfig"])
def test_the_end_line_comes_when_a_file_is_broken(python: Instance, name: str) -> None:
    start(python, {"w.py": "print('never')\n"})
    (python.base / "input" / "config" / f"{name}.json").write_text("{")
    ended = python.finish(python.start())
    assert ended.code == 1
    assert ended.failure is not None
    assert ended.failure.startswith("The launcher failed with exit code 1: json.decoder.JSONDecodeError: ")
    assert ended.end[1] == len(ended.lines) - 1


def test_the_end_line_comes_when_nothing_can_be_written(python: Instance) -> None:
    start(python, {"w.py": "raise SystemExit(3)\n"})
    shutil.rmtree(python.base / "output")
    (python.base / "output").write_text("in the way")
    ended = python.finish(python.start())
    assert ended.code == 1
    assert any(line.startswith("##ssm-end algo-1 ") for line in ended.lines)


def test_a_script_that_is_not_there_is_said(python: Instance) -> None:
    start(python, {"w.sh": "echo x\n"})
    (python.base / "code" / "w.sh").unlink()
    ended = python.finish(python.start())
    assert ended.code != 0
    assert ended.failure is not None
    assert "w.sh" in ended.failure.splitlines()[0]


def test_a_shell_passes_sigterm_on(shell: Instance) -> None:
    start(shell, {"w.sh": TRAPPING_SHELL})
    ended = signalled(shell, to_process(signal.SIGTERM))
    assert (ended.code, ended.lines[0]) == (7, "cleaning up")
    assert ended.end[1] > 0


@needs_namespace
def test_a_shell_as_the_first_process_passes_sigterm_on(shell: Instance) -> None:
    start(shell, {"run": TRAPPING_SHELL})
    prefix = (str(shutil.which("unshare")), *AS_FIRST[1:])
    ended = signalled(shell, to_child(signal.SIGTERM), *prefix)
    assert (ended.code, ended.lines[0]) == (7, "cleaning up")


def test_a_shell_survives_a_signal_to_all_its_processes(shell: Instance) -> None:
    start(shell, {"w.sh": TRAPPING_SHELL})

    def to_all(pid: int) -> None:
        for child in children(pid):
            with suppress(ProcessLookupError):  # a command of the shell's that has just ended
                os.kill(child, signal.SIGTERM)

    assert signalled(shell, to_all).code == 7


def children(pid: int) -> list[int]:
    """It and all below it."""
    below = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [pid, *(process for child in below for process in children(child))]


def test_what_a_script_leaves_behind_does_not_hold_a_shells_job(shell: Instance, run: Run) -> None:
    if not (shell.base.parent / "bin" / "sleep").exists():
        pytest.skip("without a sleep no end is set to it")
    begun = time.monotonic()
    ended = run(shell, {"w.sh": "sleep 60 &\necho done\nexit 3\n"})
    assert ended.code == 3
    assert 4 < time.monotonic() - begun < 20
    assert ended.printed[0] == "done"
    assert "still holds its output" in ended.printed[1]
    assert ended.end[1] == len(ended.lines) - 1


def test_a_shells_end_line_comes_without_the_jobs_file(shell: Instance) -> None:
    start(shell, {"w.sh": "echo never\n"})
    (shell.base / "code" / "task_toolkit" / "job.sh").unlink()
    ended = shell.finish(shell.start())
    assert ended.code == 1
    assert (ended.failure or "").startswith("task_toolkit/job.sh is missing")
    assert ended.end == ("algo-1", len(ended.lines) - 1)
