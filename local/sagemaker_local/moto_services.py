"""moto (IAM, STS, S3, ECR, tagging) as a WSGI application that never answers with an HTML page.

Where moto has no such operation it raises NotImplementedError or has no route (404, 405 pages of its web framework);
any other exception is a fault of its own and becomes the service's InternalFailure.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from sagemaker_local.call import Call
from sagemaker_local.errors import ServiceError, error_response, unknown_operation

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse
    from flask import Flask
    from moto.backends import SERVICE_NAMES


_CALL = "sagemaker_local.call"


class _Dispatcher(DomainDispatcherApplication):
    """Takes a service from where we found it for an unsigned request, as for one that asks STS by GET."""

    def infer_service_region_host(self, environ: dict[str, Any], path: str) -> str | None:
        """The host name that would be asked for the request on AWS."""
        call = environ[_CALL]
        if "HTTP_AUTHORIZATION" not in environ and call.service in ("iam", "sts"):
            return f"{call.service}.{call.region}.amazonaws.com"
        return super().infer_service_region_host(environ, path)


class MotoServices:
    """moto's own dispatcher, with its failures put into the asked service's words."""

    def __init__(self) -> None:
        self._dispatcher = _Dispatcher(_create_app)

    def answer(self, call: Call, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """A WSGI answer to an identified call."""
        try:
            environ[_CALL] = call
            response = Response.from_app(self._dispatcher.get_application(environ), environ)
        except NotImplementedError:
            return _failure(call, unknown_operation(call.service, call.operation))(environ, start_response)
        except Exception:  # noqa: BLE001 - whatever moto raises, the client must get an answer of the service's form
            traceback.print_exc(file=sys.stderr)
            fault = ServiceError("InternalFailure", f"{call.operation} failed.", HTTPStatus.INTERNAL_SERVER_ERROR)
            return _failure(call, fault)(environ, start_response)
        # An answer to HEAD has no body, and moto labels it as HTML all the same.
        page = response.mimetype == "text/html" and environ["REQUEST_METHOD"] != "HEAD"
        if page and response.status_code in (404, 405, 500, 501):
            return _failure(call, unknown_operation(call.service, call.operation))(environ, start_response)
        return response(environ, start_response)


def _create_app(service: SERVICE_NAMES) -> Flask:
    app = create_backend_app(service)
    app.debug = False
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app


def _failure(call: Call, error: ServiceError) -> Response:
    return error_response(call.service, error, cbor=call.cbor)
