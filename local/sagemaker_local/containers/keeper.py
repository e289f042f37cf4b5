"""The process that keeps one job's network and ends it, with whatever is left in it, when the server or the job ends.

Started by isolation/supervisors.py, with the file of a Wish. It prints one line of JSON, `{"addresses": {NAME:
ADDRESS}, "reached": {PORT: "HOST:PORT"}, "trouble"}`: those of the hosts, where the server's ports are reached from in
there, and what kept them from being reached; or `{"error"}`. The end of its standard input ends it.

Hosts have fixed addresses, so that each knows its peers by /etc/hosts before they run: the engine's own name server
asks the machine's for who is not there yet, which can take long. An engine gives fixed addresses in a network only
whose subnet was asked for (docker run, `--ip`), so one of its choice is asked for again.

A server that listens on 127.0.0.1 is reached by a relay at the network's gateway: the bridge's address on this machine,
which no other network's hosts need. Docker Desktop has its own name for the machine (Docker docs, "Networking features
in Docker Desktop").
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from sagemaker_local.containers.engine import Engine, EngineError
from sagemaker_local.containers.relay import serve
from sagemaker_local.isolation.orders import obey_orders_only

_DESKTOP, _DESKTOP_HOST = "Docker Desktop", "host.docker.internal"
_NO_ADDRESS = "com.docker.network.bridge.inhibit_ipv4=true"  # of the machine in an isolated network

_ATTEMPTS = 5


@dataclass(frozen=True)
class Wish:
    """`hosts` by name; `ports` of 127.0.0.1 to be reached by them; `label` is the job's, on all that ends with it."""

    engine: str
    network: str
    labels: dict[str, str]
    label: str
    isolated: bool
    hosts: list[str]
    ports: list[int]

    def save(self, path: Path) -> None:
        """Write it."""
        path.write_text(json.dumps(asdict(self)))


def main(path: str) -> int:
    """Keep the network of a wish's file until standard input ends; the exit code."""
    obey_orders_only()
    wish = Wish(**json.loads(Path(path).read_text()))
    engine = Engine(wish.engine)
    try:
        try:
            asyncio.run(_keep(engine, wish))
        finally:
            engine.remove_labelled(wish.label)
    except EngineError as error:
        _tell({"error": str(error).splitlines()[-1]})
        return 1
    return 0


async def _keep(engine: Engine, wish: Wish) -> None:
    gateway = _make(engine, wish)
    addresses = {name: str(gateway + 1 + number) for number, name in enumerate(wish.hosts)}
    reached, trouble = {}, ""
    if not wish.isolated and wish.ports:
        try:
            reached = await _reach(engine, str(gateway), wish.ports)
        except (OSError, ValueError) as error:
            trouble = f"the server cannot be reached from containers: {gateway}: {error}"
    _tell({"addresses": addresses, "reached": reached, "trouble": trouble})
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.buffer.read)


def _make(engine: Engine, wish: Wish) -> IPv4Address:
    """The gateway of the new network. Raises EngineError."""
    labels = [word for name, value in wish.labels.items() for word in ("--label", f"{name}={value}")]
    isolation = ["--internal", "--opt", _NO_ADDRESS] if wish.isolated else []
    create = ("network", "create", "--driver", "bridge", *labels, *isolation)
    for left in reversed(range(_ATTEMPTS)):
        engine.run(*create, wish.network)
        subnets = engine.run("network", "inspect", "--format", "{{json .IPAM.Config}}", wish.network)
        subnet = next(IPv4Network(each["Subnet"]) for each in json.loads(subnets) if "." in each["Subnet"])
        gateway = subnet.network_address + 1
        engine.run("network", "rm", wish.network)
        try:
            engine.run(*create, "--subnet", str(subnet), "--gateway", str(gateway), wish.network)
        except EngineError:  # another network took it in between
            if not left:
                raise
        else:
            return gateway
    raise EngineError("no subnet")


async def _reach(engine: Engine, gateway: str, ports: Sequence[int]) -> dict[int, str]:
    if engine.run("info", "--format", "{{.OperatingSystem}}").strip() == _DESKTOP:
        return {port: f"{_DESKTOP_HOST}:{port}" for port in ports}
    return {port: f"{gateway}:{await serve(gateway, port)}" for port in ports}


def _tell(value: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()
