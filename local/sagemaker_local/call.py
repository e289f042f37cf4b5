"""Which operation of which service a request calls, read from its line and headers.

The service is told by the credential scope of the signature (`AKID/DATE/REGION/SERVICE/aws4_request`), in the header or
in a presigned URL; else by the host name where that is AWS's, by `X-Amz-Target` or by the form's `Version`. What is
left is S3. Bodies are read only for services whose requests are small; an S3 body streams through untouched.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote

from sagemaker_local.aws_hosts import parse
from sagemaker_local.botocore_models import signing_name_of_target
from sagemaker_local.s3_operations import match_operation

_SCOPE = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/,\s]+)/([^/,\s]+)/aws4_request")
_CBOR_PATH = re.compile(r"^/service/([^/]+)/operation/([^/]+)$")
_QUERY_VERSIONS = {"2011-06-15": "sts", "2010-05-08": "iam"}


@dataclass(frozen=True)
class Call:
    """One request: `parameters` is the JSON body, the form, or S3's `Bucket`, `Key` and query.

    `wire`: how the client speaks, where it is not the service's first protocol.
    """

    service: str
    operation: str
    region: str
    access_key: str | None
    parameters: Mapping[str, Any]
    wire: Literal["", "cbor", "registry"] = ""


def identify(environ: dict[str, Any], default_region: str) -> Call:
    """The call that a WSGI request makes. Raises ValueError for a body that is not what its headers say."""
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    authorization = environ.get("HTTP_AUTHORIZATION") or f"Credential={query.get('X-Amz-Credential', '')}"
    scope = _SCOPE.search(authorization)
    # `AWSAccessKeyId` is in URLs presigned by signature version 2, which boto3 still makes for S3.
    host = parse(environ.get("HTTP_HOST", ""))
    unscoped = query.get("AWSAccessKeyId"), host.region if host else default_region, host.service if host else ""
    access_key, region, service = scope.groups() if scope else unscoped
    path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")

    cbor = _CBOR_PATH.match(path)
    if cbor and environ.get("HTTP_SMITHY_PROTOCOL"):
        service = service or signing_name_of_target(cbor[1]) or cbor[1].lower()
        return Call(service, cbor[2], region, access_key, {}, wire="cbor")
    target = environ.get("HTTP_X_AMZ_TARGET", "")
    if target:
        prefix, _, operation = target.rpartition(".")
        service = service or signing_name_of_target(prefix) or prefix.lower()
        parameters = json.loads(_read_body(environ) or b"{}")
        if not isinstance(parameters, dict):
            raise ValueError("the body is not a JSON object")
        return Call(service, operation, region, access_key, parameters)
    if service != "s3" and environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        form = dict(parse_qsl(_read_body(environ).decode(), keep_blank_values=True))
        if service or "Action" in form:
            service = service or _QUERY_VERSIONS.get(form.get("Version", ""), "sts")
            return Call(service, form.get("Action", ""), region, access_key, form)
    if service in ("iam", "sts") or query.get("Version") in _QUERY_VERSIONS:
        service = service or _QUERY_VERSIONS[query["Version"]]
        return Call(service, query.get("Action", ""), region, access_key, query)
    if service not in ("", "s3"):
        return Call(service, "", region, access_key, query)
    return _identify_s3(environ, path, query, region, access_key, signed=bool(scope))


def _identify_s3(
    environ: dict[str, Any], path: str, query: dict[str, str], region: str, access_key: str | None, *, signed: bool
) -> Call:
    bucket, _, key = path.removeprefix("/").partition("/")
    operation = match_operation(environ["REQUEST_METHOD"], bool(bucket), bool(key), query, environ)
    source = unquote(environ.get("HTTP_X_AMZ_COPY_SOURCE", "")).partition("?")[0].removeprefix("/")
    parameters = {
        "Bucket": bucket,
        "Key": key,
        "CopySource": source,
        "ExpectedBucketOwner": environ.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER", ""),
        "SourceExpectedBucketOwner": environ.get("HTTP_X_AMZ_SOURCE_EXPECTED_BUCKET_OWNER", ""),
        "SignedRegion": region if signed else "",
        "Tagged": "HTTP_X_AMZ_TAGGING" in environ,
        "Prefix": query.get("prefix", ""),
    }
    return Call("s3", operation, region, access_key, parameters)


def _read_body(environ: dict[str, Any]) -> bytes:
    """The body, left readable for whoever comes next."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body
