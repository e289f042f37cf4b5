"""The page at the server's URL by HTTP: what it shows, that nothing shown is markup, that it is quick with much."""

import html
import re
import time
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest
from conftest import BUCKET, LOCAL
from werkzeug.test import Client
from werkzeug.wrappers import Request

EVIL = """<script>alert('"&')</script>"""
EVIL_KEY = "x \"<img src=x onerror=alert(1)>'.txt"


def ask(server, path, method="GET", **headers):
    """(status, headers, text) without following a redirect."""
    opener = urllib.request.build_opener(_Stay, urllib.request.ProxyHandler({}))
    try:
        answer = opener.open(urllib.request.Request(server.url + path, method=method, headers=headers))
    except urllib.error.HTTPError as error:
        answer = error
    return answer.status, answer.headers, answer.read().decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def links(text):
    """The page's links, as a browser reads them."""
    return [html.unescape(link) for link in re.findall(r'href="([^"]*)"', text)]


def rows(text):
    return re.findall(r'<th scope="row"><a href="[^"]*/([^"/]*)">', text)


@pytest.fixture(scope="module")
def server(start):
    return start("--time-scale", "0.01")


@pytest.fixture(scope="module")
def job(server):
    """A job of two hosts, whose every text is hostile."""
    server.put(f"evil/{EVIL_KEY}", "the bytes\n")
    script = f"""
    cat <<'X'
{EVIL}
X
    seq 1 2500
    echo 'accuracy=0.75;'
    mkdir -p $B/output/data && echo out > $B/output/data/o
    """
    return server.run(
        script,
        instances=2,
        channels={"evil": {"S3Uri": f"s3://{BUCKET}/evil/"}},
        HyperParameters={EVIL: EVIL},
        Environment={"EVIL": EVIL},
        Tags=[{"Key": "evil", "Value": "a-b"}],
        CheckpointConfig={"S3Uri": f"s3://{BUCKET}/no-such"},
    )["TrainingJobName"]


@pytest.fixture(scope="module")
def failed(server):
    return server.run(f"cat > $B/output/failure <<'X'\n{EVIL}\nX\nexit 1", name="failed-job")["TrainingJobName"]


def test_a_browser_at_the_url_is_led_to_the_page(server):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    status, headers, _ = ask(server, "/", **browser)
    assert (status, headers["Location"]) == (302, "/_local/")
    signed = "AWS4-HMAC-SHA256 Credential=tester/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0"
    for others in (
        {},
        {"Accept": "*/*"},
        {**browser, "Authorization": signed},
        {**browser, "Host": "s3.amazonaws.com"},
    ):
        assert "ListAllMyBucketsResult" in ask(server, "/", **others)[2]


def test_every_answer_is_shut_in(server, job):
    own = f"/_local/jobs/us-east-1/{job}"
    paths = ["/_local/", "/_local/page.css", "/_local/page.js", own, f"{own}/log", f"{own}/files", "/_local/jobs/x/y"]
    for path in paths:
        _, headers, text = ask(server, path)
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'self'; script-src 'self';")
        assert "unsafe" not in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert not re.search(r"<[^>]*\s(style|on\w+)=|<script>|<[^>]*https?:", text), path
        assert EVIL not in text


def test_only_reading(server, job):
    for path in ("/_local/", f"/_local/jobs/us-east-1/{job}"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            status, headers, _ = ask(server, path, method)
            assert (status, headers["Allow"]) == (405, "GET, HEAD")
        assert ask(server, path, "HEAD")[::2] == (200, "")


def test_the_list(server, job, failed):
    _, _, text = ask(server, "/_local/")
    assert rows(text) == [failed, job]
    shown = html.unescape(text)
    assert "ml.m5.large \u00d7 2" in shown
    assert f"AlgorithmError: {EVIL}" in shown
    assert rows(ask(server, "/_local/?status=Failed")[2]) == [failed]
    assert rows(ask(server, "/_local/?status=Stopped")[2]) == []
    assert rows(ask(server, "/_local/?status=%3Cscript%3E&page=-7")[2]) == [failed, job]
    assert rows(ask(server, "/_local/?name=LED-")[2]) == [failed]
    assert (
        f'value="{html.escape(EVIL).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")}"'
        in (ask(server, f"/_local/?name={quote(EVIL)}")[2])
    )


def test_a_job(server, job):
    _, _, text = ask(server, f"/_local/jobs/us-east-1/{job}")
    shown = html.unescape(text)
    for phase in ("Starting", "Downloading", "Training", "Uploading", "Completed"):
        assert f'<th scope="row" class="whole">{phase}</th>' in text
    assert f'<th scope="row">{EVIL}</th><td>{EVIL}</td>' in shown
    assert f'<th scope="row">EVIL</th><td>{EVIL}</td>' in shown
    assert '<th scope="row">evil</th><td>a-b</td>' in text
    assert '"SecondaryStatusTransitions"' in shown
    assert '"ContainerEntrypoint"' in shown
    assert "ml.m5.large \u00d7 2, as processes" in shown
    assert "</span> accuracy=0.75;\n" in text
    assert [link for link in links(text) if "?stream=algo-2" in link]


def test_the_log_can_be_read_from_end_to_end_and_back(server, job):
    expected = [EVIL, *map(str, range(1, 2501)), "accuracy=0.75;"]
    url = f"/_local/jobs/us-east-1/{job}/log"
    stream = next(link for link in links(ask(server, url)[2]) if "?stream=algo-2" in link).partition("=")[2]

    def read(path, relation, join):
        lines = []
        while path:
            _, _, text = ask(server, path)
            lines = join(re.findall(r'<span class="at">[\d:.]+</span> (.*)\n', text), lines)
            following = re.search(rf'href="([^"]*)" rel="{relation}"', text)
            path = html.unescape(following[1]) if following else None
        return [html.unescape(line) for line in lines]

    assert read(f"{url}?stream={stream}&at=start", "next", lambda new, old: old + new) == expected
    assert read(f"{url}?stream={stream}", "prev", lambda new, old: new + old) == expected
    _, headers, text = ask(server, f"{url}.txt?stream={stream}")
    assert text.splitlines() == expected
    assert headers["Content-Disposition"] == f"attachment; filename={job}-{stream}.txt"
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


def test_files(server, job):
    for number in range(130):
        server.put(f"evil/yes/{number:03}", "x" * 2000)
    url = f"/_local/jobs/us-east-1/{job}"
    _, _, text = ask(server, f"{url}/files")
    titles = ["Input code", "Input evil", "Checkpoints", "Output"]
    assert re.findall(r"<h2>(.*)</h2>", text) == titles
    assert "2.0 KiB" in text
    assert ">output.tar.gz</a>" in text
    more = next(link for link in links(text) if "after=" in link)
    assert len(re.findall(r"key=evil%2Fyes%2F", ask(server, more)[2])) == 31
    link = next(link for link in links(text) if "onerror" in link)
    status, headers, body = ask(server, link)
    assert (status, body) == (200, "the bytes\n")
    assert headers["Content-Disposition"].startswith("attachment;")
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Length"] == "10"


def test_what_is_not_there(server, job):
    server.put("secret", "not the job's")
    own = f"/_local/jobs/us-east-1/{job}"
    for path in (
        "/_local/jobs",
        "/_local/jobs/us-east-1",
        "/_local/jobs/eu-west-1/" + job,
        f"{own}/nothing",
        f"{own}/log/x",
        f"{own}/log?stream=algo-9",
        f"{own}/log?at=f/1/s",
        f"{own}/log.txt",
        f"{own}?stream={quote(EVIL)}",
        f"{own}/file?place=0&key=secret",
        f"{own}/file?place=1&key=evil/no-such",
        f"{own}/file?place=99&key=x",
        f"{own}/files?place=-1",
        f"{own}/files?place=²",
    ):
        status, _, text = ask(server, quote(path, safe="/?&=%"))
        assert (status, "<h1>Not Found</h1>" in text) == (404, True), path


def test_ten_thousand_jobs_and_a_long_log_are_quick(tmp_path, monkeypatch):
    """The page's own code in this process: jobs that run would be what takes the time."""
    monkeypatch.syspath_prepend(LOCAL)
    from sagemaker_local.cloudwatch_logs.store import LogStore
    from sagemaker_local.page.site import Page
    from sagemaker_local.sagemaker.record import TrainingJob

    request = {
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::123456789012:role/worker",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    jobs = [TrainingJob({**request, "TrainingJobName": f"job-{n}"}, f"arn-{n}", "us-east-1") for n in range(10_000)]
    logs = LogStore(tmp_path)
    stream = logs.open_stream("us-east-1", "/aws/sagemaker/TrainingJobs", "job-7/algo-1-1")
    for _ in range(200):
        stream.append([b"x" * 100] * 10_000, [1] * 10_000, 1)
    huge = logs.open_stream("us-east-1", "/aws/sagemaker/TrainingJobs", "job-7/algo-2-1")
    huge.append([b"y" * 200_000] * 100, [1] * 100, 1)
    page = Page(lambda: list(jobs), logs, lambda: "http://127.0.0.1:1")
    client = Client(Request.application(page.answer))

    own = "/_local/jobs/us-east-1/job-7"
    for path, expected in (
        ("/_local/", "job-9999"),
        ("/_local/?page=200", "job-0"),
        ("/_local/?name=9&status=InProgress", "of 10000 jobs"),
        (own, "2000000 lines"),
        (f"{own}/log", "Lines 1999001\u20132000000 of 2000000"),
        (f"{own}/log?at=start", "Lines 1\u20131000 of 2000000"),
        (f"{own}/log?stream=algo-2-1", "195000 more characters"),
    ):
        begun = time.thread_time()  # its own work, whatever else the machine does
        answer = client.get(path)
        seconds = time.thread_time() - begun
        assert expected in answer.text, path
        assert len(answer.data) < 500_000, path
        assert seconds < 1, (path, seconds)
    parts = client.get(f"{own}/log.txt?stream=algo-2-1", buffered=False).iter_encoded()
    assert len(next(iter(parts))) < 20_000_000
