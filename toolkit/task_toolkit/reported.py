"""What keeps the script from its start, or ends it with a failure, is in the log and in the failure file."""

import signal
from typing import Callable, Dict, List

from task_toolkit import failure, process
from task_toolkit.job import Job
from task_toolkit.output import Output

CANNOT_START = 127


def refuse(reason: str, remedy: str, job: Job, output: Output) -> int:
    """The exit code of an instance that cannot start the script. The reason is a sentence, the remedy too."""
    output.say(reason)
    failure.write_failure(job.base, output.hidden.of_text(reason + " " + remedy))
    return CANNOT_START


def run_reported(
    name: str,
    words: List[str],
    job: Job,
    variables: Dict[str, str],
    output: Output,
    signals: process.Signals,
    error: Callable[[List[str]], str] = failure.last_line,
) -> int:
    """Run it in the code folder; a failure is left for SageMaker to show. `error`: finds the line that says why."""
    if signals.received:
        reason = "{} was not started: {} came first.".format(name, signal.Signals(signals.received).name)
        output.say(reason)
        failure.write_failure(job.base, reason)
        return -signals.received
    # A reason is found in what this program prints, not in what came before.
    output.tail = b""
    try:
        code = process.run(words, job.code, variables, output, signals)
    except OSError as cause:
        reason = "{} cannot be started: {}".format(name, cause)
        output.say(reason)
        failure.write_failure(job.base, reason)
        return CANNOT_START
    if code != 0:
        # The tail is without secrets; the script's own failure file may not be.
        failure.write_failure(job.base, failure.reason(name, code, output.tail.decode("utf-8", "replace"), error))
    failure.hide_in_failure(job.base, output.hidden)
    return code
