"""The one WSGI application: side URL, own services (SageMaker, CloudWatch Logs), and moto for the rest."""

from __future__ import annotations

import json
import sys
import traceback
import uuid
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sagemaker_local.accounts import bucket_owner
from sagemaker_local.aws_hosts import to_path_style
from sagemaker_local.call import Call, identify
from sagemaker_local.errors import ServiceError, error_response, unknown_operation
from sagemaker_local.moto_services import MotoServices
from sagemaker_local.request_log import RequestLog, caller_of
from sagemaker_local.side import PREFIX, SideUrl

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse

Operation = Callable[[Call], Mapping[str, Any]]


class Front:
    """Sends each request to who answers it, and logs every one that is not for the side URL."""

    def __init__(self, region: str, side: SideUrl, log: RequestLog, own: Mapping[str, Mapping[str, Operation]]) -> None:
        self._region = region
        self._side = side
        self._log = log
        self._own = own
        self._moto = MotoServices()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._side.answer(Request(environ))(environ, start_response)
        to_path_style(environ)
        try:
            call = identify(environ, self._region)
        except ValueError as error:
            refusal = ServiceError("SerializationException", f"The request cannot be read: {error}")
            return error_response("", refusal)(environ, start_response)
        caller = caller_of(call)

        def logged(
            status: str, headers: list[tuple[str, str]], error: OptExcInfo | None = None, /
        ) -> Callable[[bytes], object]:
            self._log.add(call, caller, int(status.split()[0]))
            return start_response(status, headers, error)

        refusal_of_owner = _wrong_owner(call)
        if refusal_of_owner:
            return error_response("s3", refusal_of_owner)(environ, logged)
        if call.service in self._own:
            return self._answer_own(call)(environ, logged)
        return self._moto.answer(call, environ, logged)

    def _answer_own(self, call: Call) -> Response:
        """A call of SageMaker or CloudWatch Logs, both of protocol JSON 1.1."""
        operation = self._own[call.service].get(call.operation)
        try:
            if operation is None:
                raise unknown_operation(call.service, call.operation)
            body = json.dumps(operation(call))
        except ServiceError as error:
            return error_response(call.service, error)
        except Exception:  # noqa: BLE001 - a fault of ours must reach the client in the service's own form
            traceback.print_exc(file=sys.stderr)
            fault = ServiceError("InternalFailure", f"{call.operation} failed.", HTTPStatus.INTERNAL_SERVER_ERROR)
            return error_response(call.service, fault)
        return Response(
            body, headers={"x-amzn-RequestId": str(uuid.uuid4())}, content_type="application/x-amz-json-1.1"
        )


def _wrong_owner(call: Call) -> ServiceError | None:
    """The refusal of a call that names another account than the bucket's."""
    expected = call.parameters.get("ExpectedBucketOwner") if call.service == "s3" else None
    owner = bucket_owner(call.parameters["Bucket"]) if expected else None
    if owner and owner != expected:
        return ServiceError("AccessDenied", "Access Denied", HTTPStatus.FORBIDDEN)
    return None
