"""What the tests ask of the machine that they run on."""

import contextlib
import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path

LINUX = sys.platform == "linux"
ROOT = LINUX and os.geteuid() == 0
NOBODY = pwd.getpwnam("nobody") if ROOT else None


def marked(mark):
    """The PIDs of processes whose command line holds a mark."""
    found = subprocess.run(["ps", "-A", "-ww", "-o", "pid=,args="], capture_output=True, text=True, check=True).stdout
    rows = (line.split(None, 1) for line in found.splitlines())
    return [int(row[0]) for row in rows if len(row) == 2 and mark in row[1] and int(row[0]) != os.getpid()]


def supervising(folder):
    """The PIDs of supervisors that keep their errors below a folder. By `sudo` they are root's: see `marked`."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str((process / "fd" / "2").readlink()).startswith(f"{folder}/"):
                found.append(int(process.name))
    return found


def mounts():
    """Those of the machine, without what Docker engines mount for themselves and for containers that come and go."""
    lines = Path("/proc/mounts").read_text().splitlines() if LINUX else []
    passing = ("/overlay2/", "/netns/", "/containers/", "/docker/")
    return [line for line in lines if not any(part in line for part in passing)]


def works(kind):
    """Whether the machine can be expected to allow an isolation."""
    if kind == "sudo" and LINUX and not ROOT:
        return (
            subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0
            if shutil.which("sudo")
            else False
        )
    if kind == "user" and LINUX and not ROOT:
        return subprocess.run(["unshare", "--user", "--map-root-user", "--mount", "true"]).returncode == 0
    return {"none": True, "user": LINUX}.get(kind, ROOT)
