"""The wire format of a service's requests and answers, as botocore's model of the operation says."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from moto.core.model import OperationModel
from moto.core.parse import QueryParser, RequestDict
from moto.core.serialize import QuerySerializer, SerializationContext
from moto.core.utils import get_service_model
from werkzeug.datastructures import Headers, MultiDict
from werkzeug.wrappers import Response

from sagemaker_local.protocol.call import Call


def plain_json(value: object, status: int = HTTPStatus.OK) -> Response:
    """Of the side URL, which is no service of AWS."""
    return Response(json.dumps(value), status, content_type="application/json")


def json_answer(value: Mapping[str, Any]) -> Response:
    """Of a service of protocol JSON 1.1: SageMaker, CloudWatch Logs, ECR, resource tagging, Service Quotas."""
    headers = {"x-amzn-RequestId": str(uuid.uuid4())}
    return Response(json.dumps(value), headers=headers, content_type="application/x-amz-json-1.1")


def query_parameters(call: Call) -> dict[str, Any]:
    """The parameters of a call of protocol Query by the model's member names: lists for `NAME.member.1` and so on."""
    request: RequestDict = {
        "method": "POST",
        "url_path": "/",
        "url_params": {},
        "headers": Headers(),
        "body": "",
        "values": MultiDict(call.parameters),
    }
    return QueryParser(_operation(call)).parse(request)


def query_answer(call: Call, value: Mapping[str, Any]) -> Response:
    """Of a service of protocol Query: IAM, STS. `value` has the model's member names; moto writes it as XML."""
    written = QuerySerializer(_operation(call), SerializationContext(str(uuid.uuid4()))).serialize(value)
    return Response(written["body"], written["status_code"], written["headers"])


def _operation(call: Call) -> OperationModel:
    found: OperationModel = get_service_model(call.service).operation_model(call.operation)
    return found
