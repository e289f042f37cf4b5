"""The command line: hyperparameters as sagemaker-training 5.1 forms arguments (mapping.to_cmd_args), then our own."""

import os
import shutil
import stat
import sys
from typing import Any, Collection, Dict, List

from task_toolkit.job import Job
from task_toolkit.process import encoded

RUN_SCRIPT = "task_toolkit/run.sh"


def hyperparameter_arguments(hyperparameters: Dict[str, Any], flags: Collection[str]) -> List[str]:
    """`--key value` by name, one-letter keys `-k`; an argument each, never a joined string. A flag has no value."""
    words: List[str] = []
    for key in sorted(hyperparameters):
        words.append("--" + key if len(key) > 1 else "-" + key)
        if key not in flags:
            words.append(_text(hyperparameters[key]))
    return words


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return ",".join("{}={}".format(key, value[key]) for key in sorted(value))
    return str(value)


def user_arguments(job: Job) -> List[str]:
    """What the script finds in its argument vector after its name."""
    return hyperparameter_arguments(job.hyperparameters, job.flags) + job.arguments


def command(job: Job) -> List[str]:
    """The words to execute in the code folder."""
    return _program(job) + user_arguments(job)


def _program(job: Job) -> List[str]:
    if job.entrypoint is None:
        return ["bash", "-eo", "pipefail", RUN_SCRIPT] if shutil.which("bash") else ["sh", "-e", RUN_SCRIPT]
    # A name that begins with a dash is an option to whoever reads it first.
    path = os.path.join(".", job.entrypoint) if job.entrypoint.startswith("-") else job.entrypoint
    if path.endswith(".py"):
        return [sys.executable, path]
    return _shell(os.path.join(job.code, path), path)


def _shell(absolute: str, path: str) -> List[str]:
    """By its shebang where there is one whose interpreter is there; by sh otherwise."""
    with open(encoded(absolute), "rb") as file:
        first = file.readline()
    if not _can_interpret(first):
        return ["sh", path]
    os.chmod(encoded(absolute), os.stat(encoded(absolute)).st_mode | stat.S_IXUSR)
    return [path if os.path.dirname(path) else os.path.join(".", path)]


def _can_interpret(shebang: bytes) -> bool:
    """`#!/bin/bash -e`, `#!/usr/bin/env bash`. A carriage return is a part of the name, for the kernel too."""
    if not shebang.startswith(b"#!"):
        return False
    words = [word for word in shebang[2:].rstrip(b"\n").replace(b"\t", b" ").split(b" ") if word]
    if not words or not os.path.exists(words[0]):
        return False
    if os.path.basename(words[0]) != b"env":
        return True
    programs = [word for word in words[1:] if not word.startswith(b"-") and b"=" not in word]
    return bool(programs) and shutil.which(os.fsdecode(programs[0])) is not None


def shown(words: List[str]) -> str:
    """The command as the log shows it: joined by blanks, on one line whatever is in it."""
    return "".join(char if char.isprintable() else _escaped(char) for char in " ".join(words))


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
