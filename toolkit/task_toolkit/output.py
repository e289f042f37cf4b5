"""The instance's log: bytes to standard output, their lines counted for the end line."""

import os
import time

END = b"##ssm-end "
# CloudWatch takes 256 KB an event: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/cloudwatch_limits_cwl.html
LONGEST_LINE = 200000
TAIL = 64 * 1024


class Output:
    """Writes whole lines; remembers how many there were and the last of them."""

    def __init__(self) -> None:
        self.start = int(time.time())
        self.lines = 0
        self.tail = b""
        self._partial = b""

    def say(self, text: str) -> None:
        """A line of the launcher's own."""
        self.feed(text.encode("utf-8", "replace") + b"\n")

    def feed(self, chunk: bytes) -> None:
        """A piece of a script's output; what follows its last newline is kept until the line is whole."""
        block, newline, rest = chunk.rpartition(b"\n")
        if not newline:
            self._partial += rest
            if len(self._partial) > LONGEST_LINE:
                self._write(_cut(self._partial) + b"\n")
                self._partial = b""
            return
        self._write(_harmless(self._partial + block + b"\n"))
        self._partial = rest

    def flush(self) -> None:
        """A last line without a newline gets one."""
        if self._partial:
            self.feed(b"\n")

    def end(self, host: str) -> None:
        """The line by which a reader knows that it has read all: how many lines were before it."""
        self.flush()
        _write_all(END + "{} {} {}\n".format(host, self.start, self.lines).encode("utf-8"))

    def _write(self, lines: bytes) -> None:
        self.lines += lines.count(b"\n")
        self.tail = (self.tail + lines)[-TAIL:]
        _write_all(lines)


def _harmless(lines: bytes) -> bytes:
    """The lines, none of which can pass for the end line or is longer than an event."""
    if lines.startswith(END):
        lines = b" " + lines
    lines = lines.replace(b"\n" + END, b"\n " + END)
    return _cut(lines) if len(lines) > LONGEST_LINE else lines


def _cut(lines: bytes) -> bytes:
    pieces = []
    for line in lines.split(b"\n"):
        pieces += [line[at : at + LONGEST_LINE] for at in range(0, max(len(line), 1), LONGEST_LINE)]
    return b"\n".join(pieces)


def _write_all(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]
