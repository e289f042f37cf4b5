"""Starts the job's script, whatever the image: the story of an instance, from its files to its end line.

AWS's training toolkit in the image is not used: it joins the command line into one string for a shell, captures and
re-prints the output, hides exit codes, and does not pass signals on.

What few jobs need is imported where it is needed: each job waits for what is imported here.
"""

import os

from task_toolkit import command, devices, failure, package, process, windows
from task_toolkit.environment import environment
from task_toolkit.hosts import wait_for_hosts
from task_toolkit.job import Job, base_folder, read_job, read_resources
from task_toolkit.output import Output
from task_toolkit.reported import refuse, run_reported


def main() -> int:
    """Run the job's script; the exit code for the container, after the end line was printed."""
    output = Output()
    signals = process.Signals()
    signals.catch()
    # Until the job's files say it.
    host = os.uname().nodename
    code = 1
    try:
        host = str(read_resources(base_folder())["current_host"])
        code = launch(read_job(), output, signals)
    except BaseException:
        import traceback

        text = traceback.format_exc()
        output.say(text.rstrip("\n"))
        failure.write_failure(base_folder(), output.hidden.of_text(failure.reason("The launcher", code, text)))
    finally:
        output.end(host)
    return code


def launch(job: Job, output: Output, signals: process.Signals) -> int:
    """Hosts, secrets, packages, script; the exit code, 128 + N for signal N."""
    variables = dict(os.environ, **environment(job))
    mended = windows.mend(job.code)
    if mended:
        output.say(windows.report(mended))
    wait_for_hosts(job, output, signals)
    if job.secrets:
        from task_toolkit import job_secrets, secret_store

        job_secrets.forbid_core_dumps()
        try:
            variables.update(job_secrets.read(job.secrets, output, signals))
        except secret_store.UnreadableError as error:
            return refuse(error.reason, error.remedy, job, output)
    code = 0
    if package.has_requirements(job.code) or package.found(job.code):
        from task_toolkit.install import install

        code = install(job, output, signals)
    if code == 0:
        words = command.command(job)
        if job.processes is not None:
            from task_toolkit import distributed

            processes = job.processes or max(devices.gpus(), 1)
            variables.update(distributed.variables(job, processes))
            output.say("Starting {} of {} processes".format(processes, variables["WORLD_SIZE"]))
        for line in ("Invoking script with the following command:", "", command.shown(words), ""):
            output.say(line)
        if job.processes is not None:
            words = distributed.command(words, processes)
        code = run_reported(job.entrypoint or 'the "run" lines', words, job, variables, output, signals)
    return code if code >= 0 else 128 - code
