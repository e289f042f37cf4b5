"""moto (IAM, STS, S3, ECR, tagging) as a WSGI application that never answers with an HTML page.

Where moto has no such operation it raises NotImplementedError or has no route (404, 405 pages of its web framework);
any other exception is a fault of its own and becomes the service's InternalFailure.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.wrappers import Response

from sagemaker_local.iam.aws_policies import provide_aws_policies
from sagemaker_local.protocol.accounts import account_of
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.refusals import unknown_operation
from sagemaker_local.sts.sessions import caller_of

if TYPE_CHECKING:
    from flask import Flask
    from moto.backends import SERVICE_NAMES


_CALL = "sagemaker_local.protocol.call"


class _Dispatcher(DomainDispatcherApplication):
    """Takes a service from where we found it for an unsigned request, as for one that asks STS by GET."""

    def infer_service_region_host(self, environ: dict[str, Any], path: str) -> str | None:
        """The host name that would be asked for the request on AWS."""
        call = environ[_CALL]
        if "HTTP_AUTHORIZATION" not in environ and call.service in ("iam", "sts"):
            return f"{call.service}.{call.region}.amazonaws.com"
        return super().infer_service_region_host(environ, path)

    @lru_cache(maxsize=1024)  # noqa: B019 - there is one dispatcher for as long as the server runs
    def get_backend_for_host(self, host: str | None) -> Any:
        """The service of a host name: moto lists its folders and tries all services' patterns for each request."""
        return super().get_backend_for_host(host)


class MotoServices:
    """moto's own dispatcher, with its failures put into the asked service's words."""

    def __init__(self) -> None:
        self._dispatcher = _Dispatcher(_create_app)

    def answer(self, call: Call, environ: dict[str, Any]) -> Response:
        """The answer to an identified call. Raises ServiceError for an operation that moto lacks; what moto raises."""
        try:
            environ[_CALL] = call
            if call.service == "iam":
                provide_aws_policies(call, account_of(caller_of(call)))
            response = Response.from_app(self._dispatcher.get_application(environ), environ)
        except NotImplementedError as error:
            raise unknown_operation(call) from error
        # An answer to HEAD has no body, and moto labels it as HTML all the same.
        page = response.mimetype == "text/html" and environ["REQUEST_METHOD"] != "HEAD"
        if page and response.status_code in (404, 405, 500, 501):
            raise unknown_operation(call)
        return response


def _create_app(service: SERVICE_NAMES) -> Flask:
    app = create_backend_app(service)
    app.debug = False
    app.config["PROPAGATE_EXCEPTIONS"] = True
    return app
