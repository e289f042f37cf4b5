"""pip's index in CodeArtifact, which CA_REPOSITORY_ARN names, as for AWS's sagemaker-training 5.1 (modules.py).

https://docs.aws.amazon.com/codeartifact/latest/ug/python-configure-pip.html
"""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from typing import Dict, List
from urllib.parse import quote, urlsplit, urlunsplit

VARIABLE = "CA_REPOSITORY_ARN"
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscodeartifact.html
ARN = re.compile(r"arn:[\w-]+:codeartifact:([\w-]+):(\d+):repository/([\w.-]+)/([\w.-]+)$")
# Seconds for a call of AWS, with all its attempts.
PATIENCE = 300
BY_BOTO3 = """
import sys
sys.path.append(sys.path.pop(0))
import boto3, json
region, owner, domain, repository = sys.argv[1:]
client = boto3.client("codeartifact", region_name=region)
where = {"domain": domain, "domainOwner": owner}
token = client.get_authorization_token(**where)["authorizationToken"]
endpoint = client.get_repository_endpoint(repository=repository, format="pypi", **where)["repositoryEndpoint"]
print(json.dumps([token, endpoint]))
"""


class NoIndexError(Exception):
    """There is no index: why, and what to do, each a sentence."""

    def __init__(self, reason: str, remedy: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


def index_url(arn: str) -> str:
    """The index's address with a token in it, which is valid for up to 12 hours: nothing may print it.

    Raises NoIndexError.
    """
    match = ARN.match(arn)
    if match is None:
        reason = "{}: {!r} is not the ARN of a CodeArtifact repository.".format(VARIABLE, arn)
        raise NoIndexError(reason, "Use arn:aws:codeartifact:REGION:ACCOUNT:repository/DOMAIN/REPOSITORY.")
    region, owner, domain, repository = match.groups()
    if importlib.util.find_spec("boto3") is not None:
        words = [sys.executable, "-E", "-c", BY_BOTO3, region, owner, domain, repository]
        token, endpoint = json.loads(_printed(words))
    elif shutil.which("aws") is not None:
        where = {"--region": region, "--domain-owner": owner, "--domain": domain}
        token = _by_command("get-authorization-token", where, "authorizationToken")
        where.update({"--repository": repository, "--format": "pypi"})
        endpoint = _by_command("get-repository-endpoint", where, "repositoryEndpoint")
    else:
        reason = "{}: the image has neither boto3 nor the command aws, which get the token for pip.".format(VARIABLE)
        raise NoIndexError(reason, "Use an image that has one of them, or remove the variable.")
    parts = urlsplit(str(endpoint))
    place = "aws:{}@{}".format(quote(str(token), safe=""), parts.netloc)
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/") + "/simple/", "", ""))


def _by_command(operation: str, options: Dict[str, str], member: str) -> str:
    words = ["aws", "codeartifact", operation, "--query", member, "--output", "text"]
    for option in sorted(options):
        words += [option, options[option]]
    return _printed(words).strip()


def _printed(words: List[str]) -> str:
    """The program's standard output. What it prints where it fails has no token in it."""
    try:
        ended = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=PATIENCE)
    except (OSError, subprocess.TimeoutExpired) as error:
        # The text of either has the command, but nothing that it printed.
        raise NoIndexError("{}: {}.".format(VARIABLE, error), "Check the job's network.") from None
    if ended.returncode != 0:
        lines = [line.strip() for line in ended.stderr.decode("utf-8", "replace").split("\n") if line.strip()]
        why = lines[-1].rstrip(".") if lines else "it printed nothing"
        remedy = "The job's role needs codeartifact:GetAuthorizationToken, codeartifact:GetRepositoryEndpoint, "
        remedy += "codeartifact:ReadFromRepository and sts:GetServiceBearerToken."
        raise NoIndexError("{}: there is no token for pip: {}.".format(VARIABLE, why), remedy)
    return ended.stdout.decode("utf-8", "replace")
