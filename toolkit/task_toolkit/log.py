"""The log's level, and what is kept out of it: values that look like credentials, by their name or their form."""

import argparse
import logging
import os
import re
from typing import Any, Iterable, List

HIDDEN = "***"
# As in src/task/redact.ts: MY_TOKEN, api-key, but not tokenizer; then whole words.
_WORDS = r"(?:SECRET|TOKEN|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|(?:PRIVATE|API|ACCESS)[_-]?KEY)S?(?![A-Z])"
_NAME = re.compile(_WORDS + r"|(?<![A-Z])(?:PWD|PW|PASS|AUTH|BEARER|DSN|JWT)(?![A-Z])", re.IGNORECASE)
_ASSIGNED = re.compile(_WORDS + r"[\w-]*[\"']?\s*[:=]\s*\S", re.IGNORECASE)
_FORMS = re.compile(
    r"://[^/\s]*@"  # scheme://user:password@host
    r"|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\b(?:gh[a-z]_|github_pat_|glpat-|hf_|sk-|xox[a-z]-)[\w-]{16,}"
    r"|\beyJ[\w-]+\.[\w-]+\."  # a JSON web token
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\bBearer\s+\S"
    # AWS's secret access key; a hash has no letters of both cases.
    r"|^(?!/)(?=.*[a-z])(?=.*[A-Z])(?=.*\d)[A-Za-z0-9/+]{40}$"
)


def set_level() -> None:
    """Let the root logger show what SM_LOG_LEVEL says, a number as in `logging`; INFO without it."""
    logging.getLogger().setLevel(int(os.environ.get("SM_LOG_LEVEL") or logging.INFO))


def shown(value: Any, name: str = "") -> Any:
    """The value as the log may show it; `name` is what it is called, where it has a name."""
    if isinstance(value, argparse.Namespace):
        return argparse.Namespace(**shown(vars(value)))
    if isinstance(value, dict):
        return {key: shown(each, str(key)) for key, each in value.items()}
    if value in (None, "", True, False):
        return value
    if _is_secret(name) or (isinstance(value, str) and (_ASSIGNED.search(value) or _FORMS.search(value))):
        return HIDDEN
    return shown_words(value) if isinstance(value, (list, tuple)) else value


def shown_words(words: Iterable[Any]) -> List[Any]:
    """Words of a command line: what follows `--token` is called so."""
    option = ""
    result = []
    for word in words:
        text = word if isinstance(word, str) else ""
        result.append(shown(word, "" if text.startswith("--") else option))
        option = text if text.startswith("-") and "=" not in text else ""
    return result


def _is_secret(name: str) -> bool:
    return _NAME.search(re.sub(r"([a-z\d])([A-Z])", r"\1_\2", name)) is not None
