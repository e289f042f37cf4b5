"""Instances that are plain processes have no names: they meet at MASTER_ADDR and MASTER_PORT, as torchrun's do."""

import os

import pytest

MEET = r"""
python3 -u - <<'PYTHON'
import json, os, socket, time
place = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
host = json.load(open(os.environ["B"] + "/input/config/resourceconfig.json"))["current_host"]
if host == "algo-1":
    with socket.create_server(place) as server:
        connection, _ = server.accept()
        print(connection.recv(100).decode(), "met at", *place)
else:
    for _ in range(100):
        try:
            socket.create_connection(place).sendall(host.encode())
            break
        except ConnectionRefusedError:
            time.sleep(0.1)
PYTHON
"""


@pytest.fixture(scope="module")
def server(start):
    return start("--isolation", "none", "--time-scale", "0.01")


def met(server, **fields):
    """What the first host of a job printed."""
    job = server.ended(server.create(MEET, instances=2, **fields))
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    return server.lines(job["TrainingJobName"])[0].split()


def test_the_hosts_of_a_job_meet_at_a_port_of_its_own(server):
    first, second = met(server), met(server)
    assert first[:4] == second[:4] == ["algo-2", "met", "at", "127.0.0.1"]
    assert first[4] != second[4]


def test_what_the_request_says_comes_first(server):
    environment = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(20_000 + os.getpid() % 10_000)}
    assert met(server, Environment=environment)[4] == environment["MASTER_PORT"]
