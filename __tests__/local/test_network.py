"""The hosts of a job have a network each: peers by name, the stand-in, and what the machine reaches."""

import contextlib
import http.server
import os
import re
import socket
import sys
import threading
import venv

import pytest
from machine import works

KINDS = ["root", "sudo", "user"]


@pytest.fixture(scope="module", params=KINDS)
def server(request, start, sudo):
    kind = request.param
    if not works(kind):
        pytest.skip(f"{kind}: not on this machine")
    server = start("--isolation", kind, "--time-scale", "0.01", environment=sudo if kind == "sudo" else None)
    reason = server.local("health")["isolation_reason"]
    if "share the machine's network" in reason:
        pytest.skip(reason)
    return server


def python(server, code, *, name=None, instances=1, **fields):
    """Creates a job that runs Python on each instance."""
    request = server.request("exec python3 -u $B/input/data/py/code.py", name=name, instances=instances, **fields)
    uri = server.put(f"py/{request['TrainingJobName']}/code.py", code)
    source = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": uri}}
    request["InputDataConfig"].append({"ChannelName": "py", "DataSource": source})
    server.sagemaker.create_training_job(**request)
    return request["TrainingJobName"]


def completed(server, name):
    job = server.ended(name)
    told = [server.lines(name, host.rpartition("/")[2].rsplit("-", 1)[0]) for host in sorted(server.streams(name))]
    assert job["TrainingJobStatus"] == "Completed", (job.get("FailureReason"), told)
    return told


@contextlib.contextmanager
def listening(answer=b"hello from the machine", kind=socket.SOCK_STREAM):
    """A listener of the machine's loopback; its port."""
    with socket.socket(socket.AF_INET, kind) as listener:
        listener.bind(("127.0.0.1", 0))

        def serve():
            with contextlib.suppress(OSError):
                while True:
                    if kind == socket.SOCK_DGRAM:
                        listener.sendto(answer, listener.recvfrom(100)[1])
                        continue
                    connection, _ = listener.accept()
                    with connection:
                        connection.sendall(answer)

        if kind == socket.SOCK_STREAM:
            listener.listen()
        threading.Thread(target=serve, daemon=True).start()
        yield listener.getsockname()[1]


RENDEZVOUS = """
import json, os, socket, threading, time
base = os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml")
config = json.load(open(base + "/input/config/resourceconfig.json"))
me, hosts = config["current_host"], config["hosts"]
assert socket.gethostname() == me
job = os.environ["TRAINING_JOB_NAME"]
listener = socket.create_server(("0.0.0.0", 29500))
seen = []
def serve():
    for _ in range(len(hosts) + 1):
        connection, address = listener.accept()
        connection.sendall(("%s of %s" % (me, job)).encode())
        connection.close()
        seen.append(address[0])
server = threading.Thread(target=serve)
server.start()
def read(name):
    for attempt in range(200):
        try:
            with socket.create_connection((name, 29500), 5) as connection:
                return connection.recv(100).decode()
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise SystemExit("no answer of " + name)
for host in hosts:
    assert read(host) == "%s of %s" % (host, job), host
assert read("127.0.0.1") == "%s of %s" % (me, job)
server.join()
addresses = {socket.gethostbyname(host) for host in hosts}
assert len(addresses) == len(hosts)
assert set(seen) == addresses | {"127.0.0.1"}, seen
print("all met", len(hosts))
"""


def test_networks_need_no_more_than_a_virtual_environment_in_tmp(server, start, tmp_path):
    assert tmp_path.is_relative_to("/tmp"), "instances have a /tmp of their own"
    venv.create(tmp_path / "venv", symlinks=True)
    packages = os.pathsep.join(path for path in sys.path if path.endswith("site-packages"))
    command = [str(tmp_path / "venv" / "bin" / "python")]
    other = start("--isolation", server.told["isolation"], command=command, environment={"PYTHONPATH": packages})
    assert other.local("health")["isolation_reason"] == "asked for and works"


def test_two_jobs_at_once_listen_on_the_same_port(server):
    names = [python(server, RENDEZVOUS, instances=2) for _ in range(2)]
    for name in names:
        assert completed(server, name) == [["all met 2"]] * 2


def test_three_hosts_meet(server):
    assert completed(server, python(server, RENDEZVOUS, instances=3)) == [["all met 3"]] * 3


REACH = """
import asyncio, os, socket, sys, urllib.request
port, udp, web = (int(os.environ[name]) for name in ("PORT", "UDP", "WEB"))
def read(address, family=socket.AF_INET):
    with socket.socket(family) as connection:
        connection.settimeout(5)
        connection.connect((address, port))
        return connection.recv(100).decode()
print("blocking", read("127.0.0.1"))
print("by name", read("localhost"))
print("mapped", read("::ffff:127.0.0.1", socket.AF_INET6))
async def later():
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    return (await reader.read()).decode()
print("asyncio", asyncio.run(later()))
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
    datagrams.settimeout(5)
    datagrams.sendto(b"x", ("127.0.0.1", udp))
    print("unconnected", datagrams.recv(100).decode())
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagrams:
    datagrams.settimeout(5)
    datagrams.connect(("127.0.0.1", udp))
    datagrams.send(b"x")
    print("connected", datagrams.recv(100).decode())
print("http", urllib.request.build_opener(urllib.request.ProxyHandler({})).open("http://127.0.0.1:%d/" % web).status)
listener = socket.create_server(("127.0.0.1", 0))
with socket.create_connection(listener.getsockname()) as own:
    print("own", own.getpeername() == listener.getsockname())
with socket.socket() as again:  # refused by the machine, then there of its own
    free = int(os.environ["FREE"])
    refused = again.connect_ex(("127.0.0.1", free))
    late = socket.create_server(("127.0.0.1", free))
    print("retried", refused > 0, again.connect_ex(("127.0.0.1", free)))
"""


def test_what_the_machine_reaches(server):
    answers = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    answers.RequestHandlerClass.log_message = lambda *_: None
    threading.Thread(target=answers.serve_forever, daemon=True).start()
    with listening() as port, listening(kind=socket.SOCK_DGRAM) as udp:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            free = closed.getsockname()[1]
        ports = {"PORT": str(port), "UDP": str(udp), "WEB": str(answers.server_port), "FREE": str(free)}
        (lines,) = completed(server, python(server, REACH, Environment=ports))
    answers.shutdown()
    hello = "hello from the machine"
    assert lines == [
        *(f"{how} {hello}" for how in ("blocking", "by name", "mapped", "asyncio", "unconnected", "connected")),
        *("http 200", "own True", "retried True 0"),
    ]


AWS = """
import json, os, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
print(json.load(opener.open(os.environ["AWS_ENDPOINT_URL"] + "/_local/health"))["status"])
print(sorted(json.load(opener.open(os.environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"]))))
"""


def test_the_stand_in_is_reached_with_the_role_s_credentials(server):
    (lines,) = completed(server, python(server, AWS))
    assert lines == ["ok", "['AccessKeyId', 'Expiration', 'SecretAccessKey', 'Token']"]


ISOLATED = (
    """
import os, socket
for address in (("127.0.0.1", int(os.environ["PORT"])), ("127.0.0.1", int(os.environ["STANDIN"])), ("192.0.2.1", 80)):
    with socket.socket() as connection:
        connection.settimeout(3)
        print(os.strerror(connection.connect_ex(address)))
print(os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
"""
    + RENDEZVOUS
)


def test_isolated_hosts_reach_their_peers_only(server):
    with listening() as port:
        ports = {"PORT": str(port), "STANDIN": server.url.rpartition(":")[2]}
        name = python(server, ISOLATED, instances=2, EnableNetworkIsolation=True, Environment=ports)
        told = completed(server, name)
    for lines in told:
        assert lines == ["Connection refused", "Connection refused", "Network is unreachable", "None", "all met 2"]


MUCH = """
import hashlib, json, os, socket, time
me = socket.gethostname()
data = bytes(range(256)) * 80_000
if me == "algo-1":
    connection, _ = socket.create_server(("", 5000)).accept()
    got = b"".join(iter(lambda: connection.recv(1 << 20), b""))
    print(len(got), hashlib.sha256(got).hexdigest() == hashlib.sha256(data).hexdigest())
else:
    with socket.socket() as connection:
        while connection.connect_ex(("algo-1", 5000)):
            time.sleep(0.05)
        connection.sendall(data)
"""


def test_much_between_hosts_and_a_socket_that_tries_again(server):
    assert completed(server, python(server, MUCH, instances=2)) == [["20480000 True"]]


DATAGRAMS = """
import socket, time
me = socket.gethostname()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mine:
    mine.settimeout(0.2)
    if me == "algo-1":
        mine.bind(("0.0.0.0", 5001))
        while True:
            try:
                said, address = mine.recvfrom(100)
            except socket.timeout:
                continue
            mine.sendto(said.upper(), address)
            print(said.decode(), address[0] == socket.gethostbyname("algo-2"))
            break
        time.sleep(0.5)
    else:
        while True:
            mine.sendto(b"datagram", ("algo-1", 5001))
            try:
                print(mine.recv(100).decode())
                break
            except (socket.timeout, ConnectionRefusedError):
                pass
"""


def test_datagrams_between_hosts(server):
    assert completed(server, python(server, DATAGRAMS, instances=2)) == [["datagram True"], ["DATAGRAM"]]


def test_a_peer_that_is_gone_refuses(server):
    code = """
import socket, time
if socket.gethostname() == "algo-2":
    raise SystemExit(0)
time.sleep(1)
with socket.socket() as connection:
    connection.settimeout(5)
    print(connection.connect_ex(("algo-2", 1)) > 0)
"""
    assert completed(server, python(server, code, instances=2)) == [["True"]]


def test_the_host_s_own_name_and_interface(server):
    code = """
import json, os, socket
config = json.load(open("/opt/ml/input/config/resourceconfig.json"))
name = config["network_interface_name"]
print(name in [each for _, each in socket.if_nameindex()], socket.gethostbyname(socket.gethostname()))
"""
    ((line,),) = completed(server, python(server, code))
    assert re.fullmatch(r"True 198\\.1[89]\\.\\d+\\.2".replace("\\\\", "\\"), line)


def test_a_child_and_many_threads_connect(server):
    code = """
import concurrent.futures, os, socket, subprocess, sys
port = int(os.environ["PORT"])
def read(_):
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        return connection.recv(100).decode()
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    print(set(pool.map(read, range(200))))
child = "import socket, sys; print(socket.create_connection(('127.0.0.1', int(sys.argv[1]))).recv(100).decode())"
subprocess.run([sys.executable, "-c", child, str(port)], check=True)
"""
    with listening() as port:
        (lines,) = completed(server, python(server, code, Environment={"PORT": str(port)}))
    assert lines == ["{'hello from the machine'}", "hello from the machine"]
