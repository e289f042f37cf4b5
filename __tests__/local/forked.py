"""A server that is a fork of a process which has loaded all that it needs: __tests__/action/stand_ins.py."""

import json
import os
import select
import socket
import subprocess

# Of that process, where the checks have started it.
SOCKET = os.environ.get("STAND_INS")


class Fork:
    """What the tests use of a `subprocess.Popen` with pipes; `pid` is set when the first line has told it."""

    def __init__(self, arguments, environment):
        (output, for_output), (errors, for_errors) = os.pipe(), os.pipe()
        self.stdout, self._errors = os.fdopen(output, encoding="utf-8"), os.fdopen(errors, encoding="utf-8")
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(SOCKET)
        line = (json.dumps({"arguments": [*map(str, arguments)], "environment": environment}) + "\n").encode()
        sent = socket.send_fds(self._connection, [line], [for_output, for_errors])
        self._connection.sendall(line[sent:])
        os.close(for_output)
        os.close(for_errors)
        self.pid = None
        self.returncode = None

    def send_signal(self, number):
        os.kill(self.pid, number)

    def poll(self):
        """The exit code, None while it runs."""
        if self.returncode is None and select.select([self._connection], [], [], 0)[0]:
            self.returncode = int(self._connection.recv(16))
            self._connection.close()
        return self.returncode

    def wait(self, timeout):
        if self.returncode is None and not select.select([self._connection], [], [], timeout)[0]:
            raise subprocess.TimeoutExpired("a stand-in", timeout)
        return self.poll()

    def communicate(self, timeout=30):
        """What is left of its output and its errors, once it has ended."""
        self.wait(timeout)
        with self.stdout, self._errors:
            return self.stdout.read(), self._errors.read()
