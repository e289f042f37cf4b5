"""The server's hold on one job's network: see keeper.py."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sagemaker_local.containers.engine import EngineError
from sagemaker_local.containers.keeper import Wish
from sagemaker_local.isolation import supervisors

_KEEPER = "sagemaker_local.containers.keeper"
_END_SECONDS = 60.0


class JobNetwork:
    """Made at once, in a folder of the job's. Raises EngineError.

    `addresses`: of the hosts by name; `reached`: HOST:PORT in there by port of 127.0.0.1; `trouble`: what kept these
    from being reached.
    """

    def __init__(self, wish: Wish, folder: Path) -> None:
        file = folder / "network.json"
        wish.save(file)
        self.name = wish.network
        fault = folder / "network-fault.txt"
        with fault.open("wb") as errors:
            self._keeper = supervisors.start(_KEEPER, file, errors.fileno())
        line = self._keeper.output.readline()
        reply: Any = json.loads(line) if line else {"error": f"the network's keeper ended: {fault.read_text()}"}
        if "error" in reply:
            self.close()
            raise EngineError(reply["error"])
        self.addresses: Mapping[str, str] = reply["addresses"]
        self.reached: Mapping[int, str] = {int(port): where for port, where in reply["reached"].items()}
        self.trouble = str(reply["trouble"])

    def close(self) -> None:
        """End it, and wait until nothing of it is left."""
        for pipe in (self._keeper.orders, self._keeper.output):
            pipe.close()
        with suppress(TimeoutError):
            self._keeper.wait(_END_SECONDS)
