"""Runs a program to which the kernel refuses new namespaces, and sudo with them: `deny_unshare.py PROGRAM [WORD ...]`.

A seccomp filter answers unshare(2) with EPERM (https://docs.kernel.org/userspace-api/seccomp_filter.html); what it
needs, no_new_privs, takes the rights from set-user-id programs.
"""

import ctypes
import os
import platform
import sys

UNSHARE = {"x86_64": 272, "aarch64": 97}[platform.machine()]
NO_NEW_PRIVILEGES, SET_SECCOMP, FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, RETURN = 0x20, 0x15, 0x06
ALLOW, REFUSE_EPERM = 0x7FFF0000, 0x00050001


class Instruction(ctypes.Structure):
    """struct sock_filter."""

    _fields_ = (("code", ctypes.c_uint16), ("yes", ctypes.c_uint8), ("no", ctypes.c_uint8), ("k", ctypes.c_uint32))


class Program(ctypes.Structure):
    """struct sock_fprog."""

    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(Instruction)))


instructions = (Instruction * 4)(
    Instruction(LOAD, 0, 0, 0),
    Instruction(JUMP_IF_EQUAL, 0, 1, UNSHARE),
    Instruction(RETURN, 0, 0, REFUSE_EPERM),
    Instruction(RETURN, 0, 0, ALLOW),
)
libc = ctypes.CDLL(None, use_errno=True)
for words in ((NO_NEW_PRIVILEGES, 1, 0, 0, 0), (SET_SECCOMP, FILTER, ctypes.byref(Program(4, instructions)), 0, 0)):
    if libc.prctl(*words) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
os.execvp(sys.argv[1], sys.argv[1:])
