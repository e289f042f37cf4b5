"""The one WSGI application: side URL, own services (SageMaker, CloudWatch Logs, …), and moto for the rest."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sagemaker_local.ecr.distribution import PREFIX as DOCKER
from sagemaker_local.ecr.distribution import Distribution
from sagemaker_local.ecr.errors import registry_error
from sagemaker_local.ecr.repositories import readdressed
from sagemaker_local.faults import effects
from sagemaker_local.faults.fault import Fault
from sagemaker_local.faults.register import Faults
from sagemaker_local.iam.judge import Judge
from sagemaker_local.iam.permissions import Permission, permissions_of
from sagemaker_local.page.site import entrance
from sagemaker_local.protocol.accounts import ACCOUNT
from sagemaker_local.protocol.call import Call
from sagemaker_local.protocol.clock import clock
from sagemaker_local.protocol.errors import ServiceError, code_of, error_response
from sagemaker_local.protocol.hosts import to_path_style
from sagemaker_local.protocol.refusals import expired, mistimed, unknown_operation
from sagemaker_local.protocol.wire import json_answer
from sagemaker_local.s3.buckets import check_bucket, note_bucket
from sagemaker_local.s3.client import is_own
from sagemaker_local.s3.encryption import note_upload, settle
from sagemaker_local.s3.endpoint import S3Server
from sagemaker_local.s3.moto_gaps import with_checksums
from sagemaker_local.s3.ownership import check_acl
from sagemaker_local.server.calls import identify
from sagemaker_local.server.moto_services import MotoServices
from sagemaker_local.server.request_log import RequestLog
from sagemaker_local.server.side import PREFIX, SideUrl
from sagemaker_local.sts.sessions import caller_of, end_session, has_expired

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_ALL_OWN = ("sagemaker", "logs", "servicequotas", "pricing")  # of these services nothing is moto's

# Of a signature's time. By strptime, reading it takes a thirtieth of the server's time.
_STAMP = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z", re.ASCII)

Operation = Callable[[Call], Mapping[str, Any] | Response]


class Front:
    """Sends each request to who answers it, and logs every one that is not for the side URL."""

    def __init__(
        self,
        region: str,
        side: SideUrl,
        log: RequestLog,
        own: Mapping[str, Mapping[str, Operation]],
        faults: Faults,
        judge: Judge,
        s3: S3Server | None,
        distribution: Distribution,
    ) -> None:
        self._region = region
        self._side = side
        self._log = log
        self._own = own
        self._faults = faults
        self._judge = judge
        self._s3 = s3
        self._distribution = distribution
        self._moto = MotoServices()

    def __call__(self, environ: dict[str, Any], start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        if environ.get("PATH_INFO", "").startswith(PREFIX):
            return self._side.answer(Request(environ))(environ, start_response)
        way_in = entrance(environ)
        if way_in:
            return way_in(environ, start_response)
        to_path_style(environ)
        try:
            call = self._identify(environ)
        except ValueError as error:
            refusal = ServiceError("SerializationException", f"The request cannot be read: {error}")
            return error_response("", refusal)(environ, start_response)
        caller = caller_of(call)
        needs = permissions_of(call, ACCOUNT)
        asked = [(need.action, need.resource) for need in needs]
        struck = self._faults.of_request(f"{call.service}:{call.operation}", caller, asked, own=is_own(environ))
        effects.wait(struck)
        broken = effects.breaks(struck, "before", environ)
        if broken:
            self._log.add(call, caller, needs, 0, broken)
            effects.cut_connection(environ)
        response = effects.page(struck) or self._answer(call, caller, environ, struck, needs)
        broken = effects.breaks(struck, "after", environ)
        if broken:
            response.close()
            self._log.add(call, caller, needs, 0, broken)
            effects.cut_connection(environ)
        if effects.truncates(struck):
            self._log.add(call, caller, needs, 0, "Truncated")
            return effects.half(response, environ, start_response)
        self._log.add(call, caller, needs, response.status_code, code_of(response))
        return response(environ, start_response)

    def _answer(
        self, call: Call, caller: str, environ: dict[str, Any], struck: Sequence[Fault], needs: Sequence[Permission]
    ) -> Response:
        """What the asked service answers, in its own form whatever happens."""
        try:
            if any(fault.kind == "expired-credentials" for fault in struck):
                end_session(call.access_key)
            refusal = effects.refusal(struck, call, caller)
            if refusal:
                raise refusal
            mistake = None if is_own(environ) else _time_problem(call, environ)
            if mistake:
                raise mistake
            if call.by_registry:
                self._distribution.admit(environ)
            elif has_expired(call.access_key):
                raise expired(call)
            check_bucket(call, caller)
            self._judge.check(call, caller, needs)
            if call.by_registry:
                return self._distribution.answer(call, environ)
            operation = self._own.get(call.service, {}).get(call.operation)
            if operation:
                answer = operation(call)
                return answer if isinstance(answer, Response) else json_answer(answer)
            if call.service in _ALL_OWN:
                raise unknown_operation(call)
            response = self._answer_by_others(call, environ)
            if response.status_code == HTTPStatus.NOT_FOUND and self._judge.hides_absence(call, caller):
                raise ServiceError("AccessDenied", "Access Denied", HTTPStatus.FORBIDDEN)
            self._judge.note(call, response.status_code)
            return response
        except ServiceError as error:
            return _refused(call, error)
        except Exception:  # noqa: BLE001 - a fault of ours must reach the client in the service's own form
            traceback.print_exc(file=sys.stderr)
            fault = ServiceError("InternalFailure", f"{call.operation} failed.", HTTPStatus.INTERNAL_SERVER_ERROR)
            return _refused(call, fault)

    def _identify(self, environ: dict[str, Any]) -> Call:
        if f"{environ.get('PATH_INFO', '')}/".startswith(DOCKER):
            return self._distribution.identify(environ)
        return identify(environ, self._region)

    def _answer_by_others(self, call: Call, environ: dict[str, Any]) -> Response:
        if call.service == "s3":
            return self._answer_of_s3(call, environ)
        response = self._moto.answer(call, environ)
        return readdressed(response, environ["HTTP_HOST"]) if call.service == "ecr" else response

    def _answer_of_s3(self, call: Call, environ: dict[str, Any]) -> Response:
        check_acl(call)
        if self._s3:
            response = self._s3.answer(call, environ, lambda: self._moto.answer(call, environ))
        else:
            settle(call, environ)
            response = with_checksums(call, self._moto.answer(call, environ))
        note_upload(call, response)
        note_bucket(call, response.status_code)
        return response


def _time_problem(call: Call, environ: dict[str, Any]) -> ServiceError | None:
    """What is wrong with the time at which a request says that it was signed."""
    stamp = _STAMP.fullmatch(environ.get("HTTP_X_AMZ_DATE", ""))
    try:
        signed = datetime.fromisoformat("{}-{}-{}T{}:{}:{}".format(*stamp.groups())) if stamp else None
    except ValueError:
        signed = None
    if signed is None:
        return None  # not signed in this way
    return mistimed(call, signed, clock.utc())


def _refused(call: Call, error: ServiceError) -> Response:
    if call.by_registry:
        return registry_error(error)
    return error_response(call.service, error)
