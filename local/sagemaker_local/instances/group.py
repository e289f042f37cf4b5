"""The instances of a running job: started together, stopped together, their output captured to the log."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sagemaker_local.cloudwatch_logs.agent import Outlet
from sagemaker_local.cloudwatch_logs.capture import capture
from sagemaker_local.isolation.instance import Instance, Runnable

_DRAIN_SECONDS = 5.0
STOP_GRACE_SECONDS = 120.0  # from SIGTERM to SIGKILL (SageMaker documentation, StopTrainingJob)


@dataclass(frozen=True)
class Exit:
    """How an instance ended; `fault` is what kept its command from being started."""

    number: int
    code: int
    fault: str


class InstanceGroup:
    """`cause` says why the instances were stopped, None while they run or where they ended by themselves."""

    def __init__(self, time_scale: Callable[[], float]) -> None:
        self._time_scale = time_scale
        self._inbox: queue.SimpleQueue[Exit | str] = queue.SimpleQueue()
        self._instances: list[Instance] = []
        self._captures: list[threading.Thread] = []
        self.cause: str | None = None

    def stop(self, cause: str) -> None:
        """Ask for an orderly stop: SIGTERM, and SIGKILL after the grace period. From any thread, at any time."""
        self._inbox.put(cause)

    def kill(self) -> None:
        """End all at once. From any thread, at any time."""
        self._inbox.put("killed")
        for instance in list(self._instances):
            instance.kill()

    def run(
        self, specs: Sequence[Runnable], outlets: Sequence[Outlet], max_seconds: float, cause_after: str
    ) -> list[Exit]:
        """Run one instance for each specification to the end of all; how each ended, in the order of ending.

        After `max_seconds` they are stopped for `cause_after`.
        """
        try:
            for number, (spec, outlet) in enumerate(zip(specs, outlets, strict=True)):
                self._start(number, spec, outlet)
            return self._attend(len(specs), time.monotonic() + max_seconds, cause_after)
        finally:
            for instance in self._instances:
                instance.kill()
            for thread in self._captures:
                # The output ends with the last process; a plain process on macOS can have left one that escaped.
                thread.join(_DRAIN_SECONDS)
            for instance in self._instances:
                instance.close()

    def _start(self, number: int, spec: Runnable, outlet: Outlet) -> None:
        instance = Instance(spec)
        self._instances.append(instance)
        reader = threading.Thread(
            target=capture, args=(instance.output, outlet), name=f"{spec.host_name} prints", daemon=True
        )
        reader.start()
        self._captures.append(reader)

        def wait() -> None:
            code = instance.wait()
            self._inbox.put(Exit(number, code, instance.fault()))

        threading.Thread(target=wait, name=f"{spec.host_name} ends", daemon=True).start()

    def _attend(self, running: int, deadline: float, cause_after: str) -> list[Exit]:
        exits: list[Exit] = []
        killed = False
        while len(exits) < running:
            try:
                news = self._inbox.get(timeout=None if killed else max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                if self.cause is None:
                    news = cause_after
                else:
                    killed = True
                    for instance in self._instances:
                        instance.kill()
                    continue
            if isinstance(news, Exit):
                exits.append(news)
                # Its failure file can say that it failed, too; either way others would wait for it in vain.
                news = "failed" if news.code != 0 else ""
            if news and self.cause is None:
                self.cause = news
                deadline = time.monotonic() + (0 if news == "killed" else STOP_GRACE_SECONDS * self._time_scale())
                for instance in self._instances:
                    instance.terminate()
        return exits
