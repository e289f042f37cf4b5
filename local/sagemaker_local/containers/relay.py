"""A TCP relay: connections to an address are passed on to a port of 127.0.0.1, both ways, as they are."""

from __future__ import annotations

import asyncio
from contextlib import suppress

_BLOCK = 1 << 16


async def serve(address: str, port: int) -> int:
    """Relay from a new port of the address, which is returned, to `port`. Raises OSError where it cannot be bound."""

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
            inner_writer.close()
        writer.close()

    server = await asyncio.start_server(relay, address, 0)
    return int(server.sockets[0].getsockname()[1])


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """To the end of one direction, which is passed on as an end of file."""
    with suppress(OSError):
        while block := await reader.read(_BLOCK):
            writer.write(block)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
