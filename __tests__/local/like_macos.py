"""Runs the stand-in as on macOS: `like_macos.py -m sagemaker_local [FLAG ...]`, in the folder `local/`.

Python there says `darwin` and lacks what only Linux has (https://docs.python.org/3/library/os.html, "Availability:
Linux"). The supervisors of instances run so too.
"""

import contextlib
import runpy
import sys

LIKE_MACOS = """
import os, select, selectors, signal, socket, ssl, subprocess, sys, urllib.request
for module, names in {
    os: "unshare setns pidfd_open memfd_create eventfd sched_getaffinity sched_setaffinity copy_file_range splice "
        "getxattr setxattr listxattr O_PATH O_TMPFILE P_PIDFD pipe2 getresuid setresuid",
    select: "epoll EPOLLIN",
    signal: "pidfd_send_signal sigtimedwait sigwaitinfo SIGPWR SIGSTKFLT SIGRTMIN SIGRTMAX",
    socket: "AF_NETLINK AF_PACKET SO_PEERCRED SO_BINDTODEVICE SO_DOMAIN SO_PROTOCOL SOCK_CLOEXEC SOCK_NONBLOCK",
}.items():
    for name in names.split():
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "darwin"
"""

# What branches by the system when it is imported, and has no part for macOS here.
for module in ("asyncio", "concurrent.futures", "ctypes", "http.server", "multiprocessing", "platform", "shutil"):
    with contextlib.suppress(ImportError):
        __import__(module)
exec(LIKE_MACOS)
sys.path.insert(0, "")
from sagemaker_local.isolation import supervisors  # noqa: E402

supervisors._BOOT = LIKE_MACOS + supervisors._BOOT
sys.argv[:] = sys.argv[2:]
runpy.run_module("sagemaker_local", run_name="__main__", alter_sys=True)
