"""Which operation of which service a request calls, read from its line and headers.

The service is in the credential scope of the signature (`AKID/DATE/REGION/SERVICE/aws4_request`), in the header or
in a presigned URL; else by the host name where that is AWS's, by `X-Amz-Target` or by the form's `Version`. What is
left is S3. Bodies are read only where requests are small; an S3 object streams through untouched.
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import parse_qsl

from sagemaker_local.protocol.call import Call, read_body
from sagemaker_local.protocol.hosts import parse
from sagemaker_local.protocol.models import signing_name_of_target
from sagemaker_local.s3.operations import s3_call

_SCOPE = re.compile(r"Credential=([^/,=\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
_QUERY_VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam"}


def identify(environ: dict[str, Any], default_region: str) -> Call:
    """The call that a WSGI request makes. Raises ValueError for a body that is not what its headers say."""
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    authorization = environ.get("HTTP_AUTHORIZATION") or f"Credential={query.get('X-Amz-Credential', '')}"
    scope = _SCOPE.search(authorization)
    # `AWSAccessKeyId` is in URLs presigned by signature version 2, which boto3 still makes for S3.
    host = parse(environ.get("HTTP_HOST", ""))
    unscoped = query.get("AWSAccessKeyId"), host.region if host else default_region, host.service if host else ""
    access_key, region, service = scope.groups() if scope else unscoped
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        prefix, _, operation = target.rpartition(".")
        service = service or signing_name_of_target(prefix) or prefix.lower()
        parameters = json.loads(read_body(environ) or b"{}")
        if not isinstance(parameters, dict):
            raise ValueError("the body is not a JSON object")
        return Call(service, operation, region, access_key, parameters)
    if service != "s3" and environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(read_body(environ).decode(), keep_blank_values=True))
        if service or "Action" in form:
            service = service or _QUERY_VERSIONS.get(form.get("Version", ""), "sts")
            return Call(service, form.get("Action", ""), region, access_key, form)
    if service in ("iam", "sts") or query.get("Version") in _QUERY_VERSIONS:
        service = service or _QUERY_VERSIONS[query["Version"]]
        return Call(service, query.get("Action", ""), region, access_key, query)
    if service not in ("", "s3"):
        return Call(service, "", region, access_key, query)
    return s3_call(environ, query, region, access_key, signed=bool(scope))
