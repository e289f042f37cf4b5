"""The instance's log: bytes to standard output, their lines counted for the end line."""

import os
import time
from typing import List

from task_toolkit.hidden import Hidden

END = b"##ssm-end "
# Bytes. CloudWatch takes 256 KB an event: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/cloudwatch_limits_cwl.html
LONGEST_LINE = 200000
# Seconds after which a progress bar, which is one line until it is full, is printed as far as it is.
BAR_EVERY = 30.0
# The end of a line that goes on in the next one: for a terminal, the line's end leads back down.
GOES_ON = b"\x1b[A\n"
# Bytes of a program's output in which the reason of its failure is looked for.
TAIL = 64 * 1024


class Output:
    """Writes whole lines; remembers how many there were and the last of a program's."""

    def __init__(self) -> None:
        self.start = int(time.time())
        self.lines = 0
        self.tail = b""
        # The values of secrets. Whatever is written here is without them, and the tail too.
        self.hidden = Hidden()
        self._partial = b""
        self._written = time.monotonic()

    def say(self, text: str) -> None:
        """Lines of the launcher's own, which are no part of a program's output."""
        self.flush()
        self._write(_fit(self.hidden.of(text.encode("utf-8", "backslashreplace")) + b"\n"))

    def feed(self, chunk: bytes) -> None:
        """A piece of a program's output; what follows its last newline is kept until the line is whole."""
        lines, newline, rest = (self._partial + chunk).rpartition(b"\n")
        whole = _fit(self.hidden.of(lines + newline))
        if len(rest) > LONGEST_LINE + self.hidden.longest:
            rest = self.hidden.of(rest)
            # Its end may be the beginning of a value, which is known by the whole only.
            end = max(len(rest) - self.hidden.longest, 0)
            pieces = _pieces(rest[:end])
            rest = pieces.pop() + rest[end:]
            whole += b"".join(_harmless(piece + b"\n") for piece in pieces)
        if not whole and time.monotonic() - self._written >= BAR_EVERY:
            # The newest state may not be whole.
            states, _, _ = rest[:-1].rpartition(b"\r")
            if states:
                whole = _harmless(states + GOES_ON)
                rest = rest[len(states) :]
        self._partial = rest
        self.tail = (self.tail + whole)[-TAIL:]
        self._write(whole)

    def flush(self) -> None:
        """A last line without a newline gets one."""
        if self._partial:
            self.feed(b"\n")

    def end(self, host: str) -> None:
        """The line by which a reader knows that it has read all: how many lines were before it."""
        self.flush()
        _write_all(END + "{} {} {}\n".format(host, self.start, self.lines).encode("utf-8"))

    def _write(self, lines: bytes) -> None:
        if not lines:
            return
        self.lines += lines.count(b"\n")
        self._written = time.monotonic()
        _write_all(lines)


def _fit(lines: bytes) -> bytes:
    """Whole lines, none of which is too long for an event or can pass for the end line."""
    if len(lines) > LONGEST_LINE:
        lines = b"\n".join(b"\n".join(_pieces(line)) for line in lines.split(b"\n"))
    return _harmless(lines)


def _harmless(lines: bytes) -> bytes:
    if lines.startswith(END):
        lines = b" " + lines
    return lines.replace(b"\n" + END, b"\n " + END)


def _pieces(line: bytes) -> List[bytes]:
    pieces = []
    while len(line) > LONGEST_LINE:
        end = LONGEST_LINE
        # Not within a character of UTF-8, which has up to three bytes after its first.
        while end > LONGEST_LINE - 3 and line[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(line[:end])
        line = line[end:]
    return [*pieces, line]


def _write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]
