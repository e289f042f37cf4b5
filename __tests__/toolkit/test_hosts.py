"""Waiting for the other hosts: by a clock of the test's own, since the launcher's patience is 15 minutes."""

import os
import sys
from collections.abc import Iterator

import pytest
from instance import TOOLKIT

sys.path.insert(0, str(TOOLKIT))

from task_toolkit import hosts
from task_toolkit.job import Job
from task_toolkit.output import Output
from task_toolkit.process import Signals


class Clock:
    """A time that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def job(*names: str) -> Job:
    resources = {"current_host": names[0], "hosts": list(names)}
    return Job("/x", "/x/code", "/state", "job", "w.py", [], None, {}, {}, 20, resources, {})


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(hosts, "time", clock)
    monkeypatch.delenv("SM_STUDIO_LOCAL_MODE", raising=False)
    yield clock


def said(capfd: pytest.CaptureFixture[str]) -> list[str]:
    return capfd.readouterr().out.splitlines()


def test_hosts_that_come_late(clock: Clock, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(hosts, "resolves", lambda host: clock.now >= {"a": 0, "b": 10, "c": 70}[host])
    hosts.wait_for_hosts(job("a", "b", "c"), Output(), Signals())
    assert said(capfd) == ["Waiting for the names of c"] * 2
    assert 70 <= clock.now < 72


def test_hosts_that_never_come(
    clock: Clock, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hosts, "resolves", lambda host: host == "a")
    hosts.wait_for_hosts(job("a", "b"), Output(), Signals())
    lines = said(capfd)
    assert lines[-1] == "Warning: the names of b do not resolve. Going on without them."
    assert 28 <= len(lines) <= 31
    assert clock.now == pytest.approx(900, abs=2)


def test_a_signal_ends_the_wait(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "resolves", lambda _host: False)
    signals = Signals()
    signals.received = 15
    hosts.wait_for_hosts(job("a", "b"), Output(), signals)
    assert clock.now == 0


@pytest.mark.parametrize(("names", "local"), [(("a",), ""), (("a", "b"), "true"), (("a", "b"), "True")])
def test_no_wait(clock: Clock, monkeypatch: pytest.MonkeyPatch, names: tuple[str, ...], local: str) -> None:
    monkeypatch.setitem(os.environ, "SM_STUDIO_LOCAL_MODE", local)
    monkeypatch.setattr(hosts, "resolves", lambda _host: False)
    hosts.wait_for_hosts(job(*names), Output(), Signals())
    assert clock.now == 0


def test_names_are_looked_up() -> None:
    assert hosts.resolves("localhost")
    assert not hosts.resolves("no-such-host.invalid")
