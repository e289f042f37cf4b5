"""The page's addresses, and what goes with every answer.

`/_local/` → the jobs, `?name`, `?status`, `?page`; below `/_local/jobs/REGION/NAME`: the job, `?stream`;
`/log`, `?stream`, `?at`; `/log.txt`, `?stream`; `/files`, `?place`, `?after`; `/file`, `?place`, `?key`.
Answers to GET and HEAD only, changes nothing, and asks for nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sagemaker_local.cloudwatch_logs.store import LogStore
from sagemaker_local.page import files, job_list, job_log, job_view, words
from sagemaker_local.protocol.errors import ServiceError
from sagemaker_local.protocol.hosts import parse
from sagemaker_local.sagemaker.record import TrainingJob

HOME = "/_local/"
NAMES = ("", "jobs", "page.css", "page.js")  # what is the page's below /_local/

_FOLDER = Path(__file__).parent
_STATIC = {"page.css": "text/css; charset=utf-8", "page.js": "text/javascript; charset=utf-8"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Page:
    """Answers as HTML. `jobs` gives all jobs, oldest first; `url` the server's own URL."""

    def __init__(self, jobs: Callable[[], list[TrainingJob]], logs: LogStore, url: Callable[[], str]) -> None:
        self._jobs = jobs
        self._logs = logs
        self._url = url
        self._templates = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(
            time=words.time,
            seconds=words.duration,
            clock=words.clock,
            size=words.size,
            json=words.json_text,
            part=_quoted,
        )

    def answer(self, request: Request) -> Response:
        """One request below `/_local/` for one of NAMES."""
        if request.method not in ("GET", "HEAD"):
            response = self._failure(HTTPStatus.METHOD_NOT_ALLOWED, "This page can be read only.")
            response.headers["Allow"] = "GET, HEAD"
        else:
            response = self._find(request)
        response.headers.update(_HEADERS)
        return response

    def _find(self, request: Request) -> Response:
        path = request.path.removeprefix(HOME)
        if path in _STATIC:
            return Response((_FOLDER / "static" / path).read_bytes(), content_type=_STATIC[path])
        if path == "":
            return self._render("jobs.jinja", follows=True, live=True, jobs=job_list.chosen(self._jobs(), request.args))
        kind, _, rest = path.partition("/")
        parts = rest.split("/")
        job = self._job(*parts[:2]) if kind == "jobs" and len(parts) in (2, 3) else None
        if job is None:
            return self._failure(HTTPStatus.NOT_FOUND, "This job or page does not exist.")
        return self._answer_of_job(request, job, parts[2] if len(parts) == 3 else "")

    def _answer_of_job(self, request: Request, job: TrainingJob, view: str) -> Response:
        given = request.args
        streams = job_log.streams(self._logs, job)
        try:
            if view == "":
                log = job_log.tail(streams, given.get("stream", ""))
                return self._render("job.jinja", job=job_view.view_of(job), follows=True, live=not job.ended, log=log)
            if view == "log":
                log = job_log.excerpt(streams, given.get("stream", ""), given.get("at", ""))
                live = not job.ended and not log.at
                return self._render("log.jinja", job=job_view.view_of(job), follows=not log.at, live=live, log=log)
            if view == "log.txt":
                return job_log.download(streams, given.get("stream", ""), job.name)
            if view == "files":
                places = files.listed(self._url(), job, given)
                return self._render("files.jinja", job=job_view.view_of(job), places=places)
            if view == "file":
                return files.download(self._url(), job, given)
        except (LookupError, ValueError, ServiceError) as error:
            return self._failure(HTTPStatus.NOT_FOUND, f"There is nothing here: {error}")
        except (ClientError, BotoCoreError) as error:
            return self._failure(HTTPStatus.NOT_FOUND, str(error))
        return self._failure(HTTPStatus.NOT_FOUND, "A job has no such page.")

    def _job(self, region: str, name: str) -> TrainingJob | None:
        return next((job for job in self._jobs() if job.region == region and job.name == name), None)

    def _failure(self, status: HTTPStatus, text: str) -> Response:
        response = self._render("failure.jinja", status=status, text=text)
        response.status_code = status
        return response

    def _render(self, template: str, *, follows: bool = False, live: bool = False, **values: Any) -> Response:
        """`follows`: the page keeps itself up to date; `live`: it does so without a script too."""
        text = self._templates.get_template(template).render(home=HOME, follows=follows, live=live, **values)
        return Response(text, content_type="text/html; charset=utf-8")


def entrance(environ: dict[str, Any]) -> Response | None:
    """The way to the page for a browser that was pointed at the server's URL; None for everybody else."""
    asked = environ["REQUEST_METHOD"] in ("GET", "HEAD") and environ.get("PATH_INFO") == "/"
    signed = "HTTP_AUTHORIZATION" in environ or environ.get("QUERY_STRING")
    reads_pages = "text/html" in environ.get("HTTP_ACCEPT", "")
    if asked and reads_pages and not signed and parse(environ.get("HTTP_HOST", "")) is None:
        return redirect(HOME)
    return None


def _quoted(text: str) -> str:
    """Text as one part of a path or as a value of a query."""
    return quote(text, safe="")
