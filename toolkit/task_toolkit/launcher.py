"""Starts the job's script, whatever the image: the story of an instance, from its files to its end line.

AWS's training toolkit in the image is not used: it joins the command line into one string for a shell, captures and
re-prints the output, hides exit codes, and does not pass signals on.
"""

import os
import socket
import sys
import time
import traceback
from typing import Dict

from task_toolkit import command, failure, process
from task_toolkit.environment import environment
from task_toolkit.job import Job, base_folder, read_job, read_resources
from task_toolkit.output import Output

# Seconds to wait until the other hosts' names resolve, and between two lines about it.
HOSTS_PATIENCE = 15 * 60
HOSTS_NEWS = 30


def main() -> int:
    """Run the job's script; the exit code for the container, after the end line was printed."""
    output = Output()
    host = str(read_resources(base_folder())["current_host"])
    try:
        code = launch(read_job(), output)
    except BaseException:
        output.flush()
        for line in traceback.format_exc().splitlines():
            output.say(line)
        failure.write_failure(base_folder(), failure.reason("The launcher", 1, output.tail))
        code = 1
    output.end(host)
    return code


def launch(job: Job, output: Output) -> int:
    """Requirements, hosts, script; the exit code, 128 + N for signal N."""
    variables = dict(os.environ, **environment(job))
    wait_for_hosts(job, output)
    code = install_requirements(job, variables, output)
    if code == 0:
        words = command.command(job)
        for line in ("Invoking script with the following command:", "", command.shown(words), ""):
            output.say(line)
        code = run_reported(job.entrypoint or 'the "run" lines', words, job, variables, output)
    return code if code >= 0 else 128 - code


def install_requirements(job: Job, variables: Dict[str, str], output: Output) -> int:
    """requirements.txt at the code's root, whatever the entrypoint."""
    if not os.path.exists(os.path.join(job.code, "requirements.txt")):
        return 0
    output.say("Installing requirements.txt")
    words = [sys.executable, "-m", "pip", "install", "--disable-pip-version-check", "-r", "requirements.txt"]
    return run_reported("requirements.txt: pip", words, job, variables, output)


def run_reported(name: str, words: "list[str]", job: Job, variables: Dict[str, str], output: Output) -> int:
    """Run it in the code folder; a failure is left for SageMaker to show."""
    # A reason is found in what this program prints, not in what came before.
    output.tail = b""
    try:
        code = process.run(words, job.code, variables, output)
    except OSError as error:
        output.say("{} cannot be started: {}".format(name, error))
        failure.write_failure(job.base, "{} cannot be started: {}".format(name, error))
        return 127
    output.flush()
    if code != 0:
        failure.write_failure(job.base, failure.reason(name, code, output.tail))
    return code


def wait_for_hosts(job: Job, output: Output) -> None:
    """SageMaker's name service can be behind the containers; AWS's toolkit and the framework images wait likewise."""
    if len(job.hosts) < 2 or os.environ.get("SM_STUDIO_LOCAL_MODE", "").lower() == "true":
        return
    deadline = time.monotonic() + HOSTS_PATIENCE
    news = time.monotonic() + HOSTS_NEWS
    missing = [host for host in job.hosts if not resolves(host)]
    while missing and time.monotonic() < deadline:
        if time.monotonic() >= news:
            output.say("Waiting for the names of " + ", ".join(missing))
            news += HOSTS_NEWS
        time.sleep(0.5)
        missing = [host for host in missing if not resolves(host)]
    if missing:
        output.say("The names of {} do not resolve; going on without.".format(", ".join(missing)))


def resolves(host: str) -> bool:
    """Whether the name has an address."""
    try:
        socket.gethostbyname(host)
    except OSError:
        return False
    return True
