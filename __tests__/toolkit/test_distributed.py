"""`distribution: torchrun`: one program over instances and processes, which meet by plain TCP and by real PyTorch."""

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, start
from instance import Ended, Instance

TORCHRUN: dict[str, Any] = {"torchrun": {"processes": 2}}

# Every process tells rank 0 its rank; rank 0 answers with the sum of all.
MEETING = """
import os, socket, struct, time
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
def take(connection):
    return struct.unpack("!i", connection.recv(4, socket.MSG_WAITALL))[0]
if rank == 0:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(place)
        server.listen(world)
        peers = [server.accept()[0] for _ in range(world - 1)]
        total = sum(take(peer) for peer in peers)
        for peer in peers:
            peer.sendall(struct.pack("!i", total))
else:
    for _ in range(100):
        try:
            connection = socket.create_connection(place)
            break
        except OSError:
            time.sleep(0.1)
    connection.sendall(struct.pack("!i", rank))
    total = take(connection)
print("rank %d local %s of %s and %d met: %d" % (
    rank, os.environ["LOCAL_RANK"], os.environ["LOCAL_WORLD_SIZE"], world, total))
"""

REDUCE = """
import torch, torch.distributed as dist
dist.init_process_group("gloo")
value = torch.tensor([float(dist.get_rank() + 1)])
dist.all_reduce(value)
print("rank %d of %d: %g" % (dist.get_rank(), dist.get_world_size(), value.item()))
dist.destroy_process_group()
"""


def two_hosts(python: Instance, tmp_path: Path, script: str, port: int) -> list[Ended]:
    """The script on two instances of this machine, which both are 127.0.0.1."""
    hosts = ["algo-1", "algo-2"]
    environment = {**python.environment, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    environment["SM_STUDIO_LOCAL_MODE"] = "true"
    instances = [
        Instance(tmp_path / host / "ml", path=python.path, host=host, hosts=hosts, environment=environment)
        for host in hosts
    ]
    for instance in instances:
        start(instance, {"w.py": script}, distribution=TORCHRUN)
    running = [instance.start() for instance in instances]
    return [instance.finish(child) for instance, child in zip(instances, running, strict=True)]


def test_processes_of_two_instances_meet(python: Instance, tmp_path: Path) -> None:
    first, second = two_hosts(python, tmp_path, MEETING, 7877)
    assert (first.code, second.code) == (0, 0), first.lines + second.lines
    assert sorted(first.printed) == ["rank 0 local 0 of 2 and 4 met: 6", "rank 1 local 1 of 2 and 4 met: 6"]
    assert sorted(second.printed) == ["rank 2 local 0 of 2 and 4 met: 6", "rank 3 local 1 of 2 and 4 met: 6"]
    assert "Starting 2 of 4 processes" in first.lines


def test_the_number_is_that_of_the_gpus(python: Instance, run: Run, tmp_path: Path) -> None:
    script = 'import os\nprint("ranks", os.environ["RANK"], os.environ.get("OMP_NUM_THREADS"))\n'
    one = run(python, {"w.py": script}, distribution={"torchrun": {"processes": None}})
    assert one.printed == ["ranks 0 None"]
    lister = Path(python.path.split(os.pathsep)[0]) / "nvidia-smi"
    lister.write_text('#!/bin/sh\necho "GPU 0: A"; echo "GPU 1: A"; echo "GPU 2: A"\n')
    lister.chmod(0o755)
    three = Instance(tmp_path / "three", path=python.path)
    assert sorted(run(three, {"w.py": script}, distribution={"torchrun": {}}).printed) == [
        f"ranks {rank} 1" for rank in range(3)
    ]


def test_the_first_that_fails_ends_all_with_its_own_code_and_traceback(python: Instance, run: Run) -> None:
    script = 'import os, sys, time\nif os.environ["RANK"] == "1":\n    raise ValueError("boom: 3")\ntime.sleep(60)\n'
    begun = time.monotonic()
    ended = run(python, {"w.py": script}, distribution=TORCHRUN)
    assert ended.code == 1
    assert time.monotonic() - begun < 20
    assert ended.failure is not None
    assert ended.failure.startswith("w.py failed with exit code 1: ValueError: boom: 3\nTraceback")
    exits = run_again(python, run, "import os, sys\nsys.exit(int(os.environ['RANK']) * 7)\n")
    assert exits.code == 7


def run_again(python: Instance, run: Run, script: str) -> Ended:
    """On a fresh instance with the same Python."""
    return run(Instance(python.base.parent / "again" / "ml", path=python.path), {"w.py": script}, distribution=TORCHRUN)


def test_signals_reach_every_process(python: Instance) -> None:
    script = (
        "import os, signal, sys, time\n"
        'def stop(*_):\n    print("stopped", os.environ["RANK"], flush=True)\n    sys.exit(0)\n'
        'signal.signal(signal.SIGTERM, stop)\nprint("up", flush=True)\ntime.sleep(60)\n'
    )
    start(python, {"w.py": script}, distribution=TORCHRUN)
    child = python.start()
    assert child.stdout is not None
    lines = []
    while lines.count("up\n") < 2:
        lines.append(child.stdout.readline().decode())
    child.send_signal(signal.SIGTERM)
    ended = python.finish(child)
    assert sorted(ended.lines[:2]) == ["stopped 0", "stopped 1"]


def test_lines_of_processes_do_not_mix(python: Instance, run: Run) -> None:
    script = (
        "import os, sys\nfor i in range(2000):\n"
        '    for part in (os.environ["RANK"], "-" * 50, str(i), "\\n"):\n        sys.stdout.write(part)\n'
    )
    ended = run(python, {"w.py": script}, distribution={"torchrun": {"processes": 3}})
    for rank in range(3):
        own = [line for line in ended.printed if line.startswith(str(rank))]
        assert own == [f"{rank}{'-' * 50}{i}" for i in range(2000)]


def test_tracebacks_of_processes_do_not_mix(python: Instance, run: Run) -> None:
    script = (
        'import os, sys\nfor i in range(50):\n    sys.stderr.write("Traceback (most recent call last):\\n")\n'
        '    for part in range(20):\n        sys.stderr.write("  File %s %d\\n" % (os.environ["RANK"], part))\n'
        '    sys.stderr.write("Error: %s\\n" % os.environ["RANK"])\n'
    )
    ended = run(python, {"w.py": script}, distribution={"torchrun": {"processes": 3}})
    blocks = [ended.printed[at : at + 22] for at in range(0, len(ended.printed), 22)]
    assert len(blocks) == 150
    for header, *frames, error in blocks:
        rank = error[len("Error: ") :]
        assert header == "Traceback (most recent call last):"
        assert frames == [f"  File {rank} {part}" for part in range(20)]


def test_shell_scripts_and_lines_have_the_variables(python: Instance, run: Run) -> None:
    ended = run(python, {"run": 'echo "$RANK of $WORLD_SIZE"\n'}, distribution=TORCHRUN)
    assert sorted(ended.printed) == ["0 of 2", "1 of 2"]


def test_without_python_it_is_refused(shell: Instance, run: Run) -> None:
    ended = run(shell, {"run": "echo never\n"}, distribution=TORCHRUN)
    assert ended.code == 127
    assert ended.failure is not None
    assert ended.failure.startswith("distribution: torchrun needs Python 3.6 or later")


def torch_python() -> str | None:
    """A Python with PyTorch: this one, or Debian's with its package python3-torch."""
    if importlib.util.find_spec("torch") is not None:
        return sys.executable
    found = subprocess.run(["/usr/bin/python3", "-c", "import torch"], capture_output=True, check=False)
    return "/usr/bin/python3" if found.returncode == 0 else None


@pytest.fixture
def torch(tmp_path: Path) -> Instance:
    """An instance whose image has PyTorch."""
    found = torch_python()
    if found is None:
        pytest.skip("no PyTorch: npm run test:full installs Debian's python3-torch")
    folder = tmp_path / "python"
    folder.mkdir()
    (folder / "python3").write_text(f'#!/bin/sh\nexec {found} "$@"\n')
    (folder / "python3").chmod(0o755)
    return Instance(tmp_path / "ml", path=f"{folder}:/usr/bin:/bin")


@pytest.mark.full
def test_real_pytorch_reduces_over_two_instances(torch: Instance, tmp_path: Path) -> None:
    first, second = two_hosts(torch, tmp_path, REDUCE, 7878)
    assert (first.code, second.code) == (0, 0), first.lines + second.lines
    assert sorted(first.printed + second.printed) == [f"rank {rank} of 4: 10" for rank in range(4)]


# Of the agent, which is not there: its store. The last is the default since PyTorch 2.2, which warns of it.
AGENTS = {"TORCHELASTIC_USE_AGENT_STORE", "NCCL_ASYNC_ERROR_HANDLING"}


@pytest.mark.full
def test_the_variables_are_those_of_torchrun(torch: Instance, run: Run) -> None:
    """Read in its source: torchrun itself does not start on Debian 12, whose Python is too new for its PyTorch."""
    script = (
        "import json, os, sys\n"
        "from torch.distributed.elastic.agent.server import local_elastic_agent as agent\n"
        "sys.stdout.write(json.dumps([sorted(os.environ), open(agent.__file__).read()]) + chr(10))\n"
    )
    ended = run(torch, {"w.py": script}, distribution=TORCHRUN)
    ours, source = json.loads(ended.printed[0])
    block = source.partition("worker_env = {")[2].partition("}")[0]
    wanted = set(re.findall(r'"([A-Z_]+)":', block))
    assert len(wanted) > 10
    assert wanted - set(ours) <= AGENTS
