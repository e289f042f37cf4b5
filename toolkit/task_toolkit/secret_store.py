"""Secrets Manager and the Parameter Store: one request, tried again while that may help, and what an error means."""

import datetime
import json
import os
import random
import re
import time
from typing import Any, Dict, NamedTuple, Optional, Tuple

from task_toolkit.output import Output
from task_toolkit.process import Signals
from task_toolkit.signature import Credentials, signed
from task_toolkit.web import Answer, NoAnswerError, send

# How often a service is asked, and the seconds before it is asked again, each time twice as many: 15 in all.
ATTEMPTS = 6
PAUSE = 0.5
# Seconds between two looks whether a signal came.
LOOK = 0.1
# What passes. A denial can too: IAM needs some seconds until a new policy of the role is in effect.
PASSING = re.compile(r"throttl|toomanyrequests|requestlimit|internal|unavailable|timeout|^AccessDenied", re.IGNORECASE)
# The characters that Secrets Manager adds to a secret's name.
WHOLE_ARN = re.compile(r"-[A-Za-z0-9]{6}$")


class Asked(NamedTuple):
    """What a service is asked for; several variables may be parts of one answer."""

    arn: str
    region: str
    host: str
    stage: Optional[str]
    version: Optional[str]

    @property
    def service(self) -> str:
        """`secretsmanager` or `ssm`."""
        return self.arn.split(":")[2]

    @property
    def endpoint(self) -> str:
        """https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html"""
        own = "AWS_ENDPOINT_URL_" + ("SECRETS_MANAGER" if self.service == "secretsmanager" else "SSM")
        named = [os.environ.get(name) for name in (own, "AWS_ENDPOINT_URL")]
        url = next((url for url in named if url), "https://" + self.host)
        return url if url.endswith("/") else url + "/"


class UnreadableError(Exception):
    """A secret cannot be read: why, and what to do, each a sentence."""

    def __init__(self, name: str, reason: str, remedy: str) -> None:
        super().__init__(name)
        self.reason = "The secret {} could not be read: {}.".format(name, " ".join(reason.split()).rstrip("."))
        self.remedy = remedy


def ask(
    name: str, asked: Asked, credentials: Credentials, output: Output, signals: Signals
) -> Optional[Dict[str, Any]]:
    """The service's answer; None where a signal came. Raises UnreadableError for the variable `name`."""
    failed: Optional[UnreadableError] = None
    for attempt in range(ATTEMPTS):
        if failed is not None:
            if attempt == 1:
                output.say(failed.reason + " It is tried again.")
            # Other instances ask at the same time.
            _sleep(PAUSE * 2 ** (attempt - 1) * random.SystemRandom().uniform(0.75, 1), signals)
        if signals.received:
            return None
        try:
            answer = _send(asked, credentials)
        except NoAnswerError as error:
            failed = UnreadableError(name, str(error), _network_remedy(asked))
            if error.lasting:
                raise failed from error
            continue
        if answer.status == 200:
            return answer.json()
        code, message = _error(answer)
        failed = UnreadableError(name, ": ".join(filter(None, [code, message])), _remedy(asked, code, message))
        if answer.status < 500 and answer.status != 429 and not PASSING.search(code):
            break
    raise failed or AssertionError("nothing was asked")


def _sleep(seconds: float, signals: Signals) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not signals.received:
        time.sleep(LOOK)


def _send(asked: Asked, credentials: Credentials) -> Answer:
    parameters: Dict[str, Any]
    if asked.service == "secretsmanager":
        target = "secretsmanager.GetSecretValue"
        parameters = {"SecretId": asked.arn, "VersionStage": asked.stage, "VersionId": asked.version}
    else:
        target = "AmazonSSM.GetParameter"
        parameters = {"Name": asked.arn, "WithDecryption": True}
    body = json.dumps({key: value for key, value in parameters.items() if value is not None}).encode("utf-8")
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    now = datetime.datetime.now(datetime.timezone.utc)
    headers = signed(asked.endpoint, headers, body, asked.service, asked.region, credentials, now)
    return send("POST", asked.endpoint, headers, body)


def _error(answer: Answer) -> Tuple[str, str]:
    """Code and message, as protocol JSON 1.1 has them: the code may have a namespace before it, and a URL behind it."""
    found = answer.json()
    headers = {name.lower(): value for name, value in answer.headers.items()}
    code = str(headers.get("x-amzn-errortype") or found.get("__type") or "status {}".format(answer.status))
    return code.split(":")[0].split("#")[-1], str(found.get("message") or found.get("Message") or "")


def _remedy(asked: Asked, code: str, message: str) -> str:
    is_secret = asked.service == "secretsmanager"
    is_whole = WHOLE_ARN.search(asked.arn) is not None
    if re.search(r"\bkms\b|ciphertext", message, re.IGNORECASE) or code in ("DecryptionFailure", "InvalidKeyId"):
        return "Allow kms:Decrypt on the key that encrypts {} to the job's role.".format(asked.arn)
    if code.startswith("AccessDenied"):
        action = "secretsmanager:GetSecretValue" if is_secret else "ssm:GetParameter"
        where = asked.arn + "-??????" if is_secret and not is_whole else asked.arn
        return "Allow {} on {} to the job's role.".format(action, where)
    if code == "ResourceNotFoundException" and is_whole:
        return "Check {}: an ARN ends in a dash and six characters behind the secret's name.".format(asked.arn)
    return "Check {}, and that it has a value.".format(asked.arn)


def _network_remedy(asked: Asked) -> str:
    remedy = "The job's network must lead to {}: to the internet, or to an endpoint of the service in the VPC."
    return remedy.format(asked.endpoint)
