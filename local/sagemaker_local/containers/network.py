"""The server's hold on one job's network: see keeper.py."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sagemaker_local.containers.engine import EngineError
from sagemaker_local.containers.keeper import Wish
from sagemaker_local.isolation.instance import supervised

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
        self._process = subprocess.Popen(
            supervised(_KEEPER, file),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        assert self._process.stdout is not None  # noqa: S101 - Popen was asked for a pipe
        line = self._process.stdout.readline()
        reply: Any = json.loads(line) if line else {"error": "the network's keeper ended"}
        if "error" in reply:
            self.close()
            raise EngineError(reply["error"])
        self.addresses: Mapping[str, str] = reply["addresses"]
        self.reached: Mapping[int, str] = {int(port): where for port, where in reply["reached"].items()}
        self.trouble = str(reply["trouble"])

    def close(self) -> None:
        """End it, and wait until nothing of it is left."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
