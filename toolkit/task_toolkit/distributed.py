"""`distribution: torchrun`: a script as several processes a host, on several hosts, with the variables of torchrun.

The launcher starts them itself rather than by torch.distributed.run: so the job fails with the script's own exit code
and traceback (torchrun exits with 1 and prints an error of its own last), lines of several processes do not mix, and
any image with Python will do. The variables: https://docs.pytorch.org/docs/stable/elastic/run.html
"""

import os
import subprocess
import sys
import threading
import time
from typing import Any, Dict, List

from task_toolkit import tracebacks
from task_toolkit.job import Job
from task_toolkit.process import Signals, encoded

# Seconds that the others have to end after one has failed; StopTrainingJob leaves a container 120.
GRACE = 30.0
# Seconds between two looks whether a process has ended.
LOOK = 0.1
# Of a traceback, whose other lines are indented, but for the last one.
HEADER = tracebacks.HEADER.encode("ascii")
# Bytes.
LONGEST_TRACEBACK = 64 * 1024
# As `python -m task_toolkit.distributed`, but without the code folder first on the path.
START = (
    "import sys; sys.path.append(sys.path.pop(0)); from task_toolkit import distributed; sys.exit(distributed.main())"
)


def command(words: List[str], processes: int) -> List[str]:
    """The program that starts `words` so many times; RANK and the like come from its environment, see `variables`."""
    return [sys.executable, "-E", "-c", START, str(processes), *words]


def variables(job: Job, processes: int) -> Dict[str, str]:
    """What all processes of this host have in common."""
    hosts = len(job.hosts)
    host = job.hosts.index(job.host)
    values = {
        "LOCAL_WORLD_SIZE": processes,
        "WORLD_SIZE": processes * hosts,
        "GROUP_RANK": host,
        "GROUP_WORLD_SIZE": hosts,
        "NODE_RANK": host,
        "ROLE_NAME": "default",
        "ROLE_WORLD_SIZE": processes * hosts,
        "TORCHELASTIC_RUN_ID": job.name or "none",
        "TORCHELASTIC_RESTART_COUNT": 0,
        "TORCHELASTIC_MAX_RESTARTS": 0,
    }
    if processes > 1 and "OMP_NUM_THREADS" not in os.environ:
        # As torchrun: else each process would take all processors.
        values["OMP_NUM_THREADS"] = 1
    return {name: str(value) for name, value in values.items()}


def main() -> int:
    """Start the processes of the command line; the exit code of the first that failed, 128 + N for signal N."""
    count, words = int(sys.argv[1]), sys.argv[2:]
    signals = Signals()
    # They go to the whole process group, so to each of the processes too; this one waits for them.
    signals.catch()
    first = int(os.environ["GROUP_RANK"]) * count
    lock = threading.Lock()
    children = [_start(words, first + local, local) for local in range(count)]
    readers = [threading.Thread(target=_copy, args=(child.stdout, lock)) for child in children]
    for reader in readers:
        reader.start()
    code = _wait(children)
    for reader in readers:
        reader.join(GRACE)
    return code if code >= 0 else 128 - code


def _start(words: List[str], rank: int, local: int) -> "subprocess.Popen[bytes]":
    own = {"RANK": rank, "ROLE_RANK": rank, "LOCAL_RANK": local}
    environment = dict(os.environ, **{name: str(value) for name, value in own.items()})
    return subprocess.Popen(
        [encoded(word) for word in words],
        env={encoded(name): encoded(value) for name, value in environment.items()},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def _copy(reading: Any, lock: threading.Lock) -> None:
    """Whole lines and whole tracebacks to this program's output, one process at a time."""
    held = b""
    for line in reading:
        held += line if line.endswith(b"\n") else line + b"\n"
        if held.startswith(HEADER) and line.startswith((HEADER, b" ")) and len(held) < LONGEST_TRACEBACK:
            continue
        _write(held, lock)
        held = b""
    _write(held, lock)


def _write(data: bytes, lock: threading.Lock) -> None:
    with lock:
        view = memoryview(data)
        while view:
            view = view[os.write(1, view) :]


def _wait(children: List["subprocess.Popen[bytes]"]) -> int:
    """Until all have ended; after one has failed the others are ended."""
    failed = 0
    deadline = 0.0
    while any(child.poll() is None for child in children):
        codes = [child.poll() for child in children]
        bad = [code for code in codes if code]
        if bad and not failed:
            failed = bad[0]
            deadline = time.monotonic() + GRACE
            for child in children:
                if child.poll() is None:
                    child.terminate()
        if failed and time.monotonic() > deadline:
            for child in children:
                if child.poll() is None:
                    child.kill()
        time.sleep(LOOK)
    return failed or next((child.returncode for child in children if child.returncode), 0)
