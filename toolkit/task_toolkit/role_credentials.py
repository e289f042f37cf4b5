"""The credentials of the job's role, from where a container finds them.

SageMaker names an address in AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, as ECS does. It comes first, unlike in AWS's SDKs:
keys in `environment` may be another account's. The keys of an EC2 instance come last, where nothing else is named.
https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
"""

import ipaddress
import os
import time
from typing import Dict
from urllib.parse import urlsplit

from task_toolkit.signature import Credentials
from task_toolkit.web import Answer, NoAnswerError, send

CONTAINER_HOST = "http://169.254.170.2"
# Beside loopback addresses: of ECS, and of EKS.
CONTAINER_ADDRESSES = ("169.254.170.2", "169.254.170.23", "fd00:ec2::23")
INSTANCE_HOST = "http://169.254.169.254"
# How often an address is asked, and the seconds between.
ATTEMPTS = 3
PAUSE = 1.0
# Seconds; where nothing is at the instance's address, nothing refuses the connection either.
INSTANCE_PATIENCE = 2.0


class NoCredentialsError(Exception):
    """There are none: why, a sentence without its full stop."""


def find() -> Credentials:
    """The credentials. Raises NoCredentialsError."""
    relative = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    full = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    if relative:
        return _of_answer(_asked(CONTAINER_HOST + relative, {}))
    if full:
        return _of_answer(_asked(_checked(full), _authorization()))
    keys = [os.environ.get(name, "") for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")]
    if keys[0] and keys[1]:
        return Credentials(*keys)
    if os.environ.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        raise NoCredentialsError("no variable of the container says where they are")
    return _of_instance()


def _checked(url: str) -> str:
    """Without TLS only an address of this machine or of AWS is asked, as by AWS's SDKs."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host in CONTAINER_ADDRESSES:
        return url
    try:
        is_loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if parts.scheme != "http" or not is_loopback:
        raise NoCredentialsError("AWS_CONTAINER_CREDENTIALS_FULL_URI names {}, which is not to be trusted".format(host))
    return url


def _authorization() -> Dict[str, str]:
    token = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
    path = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
    if path:
        try:
            with open(path, encoding="utf-8") as file:
                token = file.read().strip()
        except (OSError, ValueError) as error:
            raise NoCredentialsError("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: {}".format(error)) from error
    return {"Authorization": token} if token else {}


def _of_instance() -> Credentials:
    """By version 2 of the instance metadata service."""
    try:
        lifetime = {"X-aws-ec2-metadata-token-ttl-seconds": "300"}
        token = _text(send("PUT", INSTANCE_HOST + "/latest/api/token", lifetime, None, False, INSTANCE_PATIENCE))
        headers = {"X-aws-ec2-metadata-token": token}
        path = INSTANCE_HOST + "/latest/meta-data/iam/security-credentials/"
        role = _text(send("GET", path, headers, None, False, INSTANCE_PATIENCE)).split("\n")[0].strip()
        return _of_answer(send("GET", path + role, headers, None, False, INSTANCE_PATIENCE))
    except (NoAnswerError, NoCredentialsError, ValueError) as error:
        raise NoCredentialsError("no variable of the container says where they are, and {}".format(error)) from error


def _asked(url: str, headers: Dict[str, str]) -> Answer:
    last = ""
    for attempt in range(ATTEMPTS):
        if attempt > 0:
            time.sleep(PAUSE)
        try:
            answer = send("GET", url, headers, None, False)
        except NoAnswerError as error:
            last = str(error)
            continue
        if answer.status < 500:
            return answer
        last = "{} answers with status {}".format(urlsplit(url).netloc, answer.status)
    raise NoCredentialsError(last)


def _text(answer: Answer) -> str:
    if answer.status != 200:
        raise NoCredentialsError("the instance's metadata answers with status {}".format(answer.status))
    return answer.body.decode("ascii")


def _of_answer(answer: Answer) -> Credentials:
    found = answer.json()
    keys = [str(found.get(name) or "") for name in ("AccessKeyId", "SecretAccessKey", "Token")]
    if answer.status != 200 or not keys[0] or not keys[1]:
        raise NoCredentialsError("where they should be there is an answer of status {}".format(answer.status))
    return Credentials(*keys)
