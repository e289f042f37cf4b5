"""The input `secrets`: values read from Secrets Manager and the Parameter Store by the job's role, for the script.

They are in this program's memory and in the script's environment. Nothing writes them to a file.
"""

import base64
import json
import resource
from typing import Any, Dict, Optional

from task_toolkit import secret_store
from task_toolkit.output import Output
from task_toolkit.process import Signals
from task_toolkit.role_credentials import NoCredentialsError, find
from task_toolkit.secret_store import Asked, UnreadableError
from task_toolkit.signature import Credentials


def read(secrets: Dict[str, Dict[str, Any]], output: Output, signals: Signals) -> Dict[str, str]:
    """The variables with their values, which the output does not show from now on. Raises UnreadableError.

    `secrets`: of job.json, by the variable's name. Without a value where a signal came.
    """
    count = "1 secret" if len(secrets) == 1 else "{} secrets".format(len(secrets))
    output.say("Reading {}: {}".format(count, ", ".join(secrets)))
    credentials = _credentials(next(iter(secrets)))
    texts: Dict[Asked, str] = {}
    values: Dict[str, str] = {}
    for name, given in secrets.items():
        asked = Asked(given["arn"], given["region"], given["host"], given.get("stage"), given.get("version"))
        if asked not in texts:
            answer = secret_store.ask(name, asked, credentials, output, signals)
            if answer is None:
                break
            texts[asked] = _text(name, answer)
        values[name] = _value(name, texts[asked], given.get("key"))
        output.hidden.add(values[name])
    return values


def forbid_core_dumps() -> None:
    """A core has the environment in it. From now on none is written of this program and of those that it starts.

    1 byte is less than any core. It is also the limit that Linux heeds where a program gets the cores; 0 is not:
    https://github.com/torvalds/linux/blob/v6.12/fs/coredump.c.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (1, 1))


def _credentials(name: str) -> Credentials:
    try:
        return find()
    except NoCredentialsError as error:
        reason = "there are no credentials of the job's role: {}".format(error)
        remedy = "SageMaker gives them to every job that has a network."
        raise UnreadableError(name, reason, remedy) from error


def _text(name: str, answer: Dict[str, Any]) -> str:
    """What is kept as text, or as bytes that are text."""
    parameter = answer.get("Parameter")
    text = parameter.get("Value") if isinstance(parameter, dict) else answer.get("SecretString")
    if isinstance(text, str):
        return text
    try:
        return base64.b64decode(str(answer.get("SecretBinary") or ""), validate=True).decode("utf-8")
    except ValueError:
        reason = "it is binary, and not text in UTF-8, as a variable must be"
        raise UnreadableError(name, reason, "Keep it as text, or as text in base64.") from None


def _value(name: str, text: str, key: Optional[str]) -> str:
    """The variable's value. No message quotes any of it."""
    value = text if key is None else _member(name, text, key)
    try:
        if value and "\0" not in value and value.encode("utf-8"):
            return value
    except UnicodeError:
        pass
    reason = "it is not a text that a variable can have" if value else "it is empty"
    raise UnreadableError(name, reason, "Give it another value.")


def _member(name: str, text: str, key: str) -> str:
    try:
        members: Any = json.loads(text)
    except ValueError:
        members = None
    if not isinstance(members, dict):
        reason = "it is not a JSON object, so it has no key {}".format(key)
        raise UnreadableError(name, reason, "Remove the key behind the ARN, or keep a JSON object.")
    value = members.get(key)
    if value is None:
        raise UnreadableError(name, "its JSON has no key {}".format(key), "Correct the key behind the ARN.")
    return value if isinstance(value, str) else json.dumps(value)
