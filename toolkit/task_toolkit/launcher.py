"""Starts the job's script, whatever the image: the story of an instance, from its files to its end line.

AWS's training toolkit in the image is not used: it joins the command line into one string for a shell, captures and
re-prints the output, hides exit codes, and does not pass signals on.
"""

import importlib.util
import os
import signal
import socket
import sys
import traceback
from typing import Dict, List

from task_toolkit import command, devices, distributed, failure, process
from task_toolkit.environment import environment
from task_toolkit.hosts import wait_for_hosts
from task_toolkit.job import Job, base_folder, read_job, read_resources
from task_toolkit.output import Output

# As `python -m pip`, but with the working directory last on the path: the user's select.py is not what pip means.
PIP = "import runpy, sys; sys.path.append(sys.path.pop(0)); runpy.run_module('pip', None, '__main__', True)"
CANNOT_START = 127


def main() -> int:
    """Run the job's script; the exit code for the container, after the end line was printed."""
    output = Output()
    signals = process.Signals()
    signals.catch()
    # Until the job's files say it.
    host = socket.gethostname()
    code = 1
    try:
        host = str(read_resources(base_folder())["current_host"])
        code = launch(read_job(), output, signals)
    except BaseException:
        text = traceback.format_exc()
        output.say(text.rstrip("\n"))
        failure.write_failure(base_folder(), failure.reason("The launcher", code, text))
    finally:
        output.end(host)
    return code


def launch(job: Job, output: Output, signals: process.Signals) -> int:
    """Requirements, hosts, script; the exit code, 128 + N for signal N."""
    variables = dict(os.environ, **environment(job))
    wait_for_hosts(job, output, signals)
    code = install_requirements(job, output, signals)
    if code == 0:
        words = command.command(job)
        if job.processes is not None:
            processes = job.processes or max(devices.gpus(), 1)
            variables.update(distributed.variables(job, processes))
            output.say("Starting {} of {} processes".format(processes, variables["WORLD_SIZE"]))
        for line in ("Invoking script with the following command:", "", command.shown(words), ""):
            output.say(line)
        if job.processes is not None:
            words = distributed.command(words, processes)
        code = run_reported(job.entrypoint or 'the "run" lines', words, job, variables, output, signals)
    return code if code >= 0 else 128 - code


def install_requirements(job: Job, output: Output, signals: process.Signals) -> int:
    """requirements.txt at the code's root, whatever the entrypoint; pip has the container's environment."""
    if not os.path.exists(os.path.join(job.code, "requirements.txt")):
        return 0
    if importlib.util.find_spec("pip") is None:
        reason = "requirements.txt: the image's Python, {}, has no pip.".format(sys.executable)
        output.say(reason)
        failure.write_failure(job.base, reason + " Use an image that has it, or remove the file.")
        return CANNOT_START
    output.say("Installing requirements.txt")
    words = [sys.executable, "-E", "-u", "-c", PIP, "install", "--disable-pip-version-check", "-r", "requirements.txt"]
    return run_reported("requirements.txt: pip", words, job, dict(os.environ), output, signals)


def run_reported(
    name: str, words: List[str], job: Job, variables: Dict[str, str], output: Output, signals: process.Signals
) -> int:
    """Run it in the code folder; a failure is left for SageMaker to show."""
    if signals.received:
        reason = "{} was not started: {} came first.".format(name, signal.Signals(signals.received).name)
        output.say(reason)
        failure.write_failure(job.base, reason)
        return -signals.received
    # A reason is found in what this program prints, not in what came before.
    output.tail = b""
    try:
        code = process.run(words, job.code, variables, output, signals)
    except OSError as error:
        reason = "{} cannot be started: {}".format(name, error)
        output.say(reason)
        failure.write_failure(job.base, reason)
        return CANNOT_START
    if code != 0:
        failure.write_failure(job.base, failure.reason(name, code, output.tail.decode("utf-8", "replace")))
    return code
