"""CloudWatch Logs: what a job's lines become, and how pages, tokens and late events behave."""

import time

import pytest
from botocore.exceptions import ClientError
from conftest import LOG_GROUP


def refusal(call, **request):
    with pytest.raises(ClientError) as caught:
        call(**request)
    return caught.value.response["Error"]


@pytest.fixture
def stream(server, request):
    """Writes and reads a stream of the test's own."""
    group, name = f"group-{request.node.name}", "stream"
    server.logs.create_log_group(logGroupName=group)
    server.logs.create_log_stream(logGroupName=group, logStreamName=name)

    class Stream:
        def __init__(self):
            self.names = {"logGroupName": group, "logStreamName": name}

        def put(self, *events):
            values = [{"timestamp": timestamp, "message": message} for timestamp, message in events]
            server.logs.put_log_events(**self.names, logEvents=values)

        def get(self, token=None, **options):
            if token:
                options["nextToken"] = token
            page = server.logs.get_log_events(**self.names, **options)
            return [event["message"] for event in page["events"]], page

    return Stream()


def test_nothing_there(start):
    fresh = start()
    error = refusal(fresh.logs.describe_log_streams, logGroupName=LOG_GROUP)
    assert error["Code"] == "ResourceNotFoundException"
    assert error["Message"] == "The specified log group does not exist."
    assert fresh.logs.describe_log_groups()["logGroups"] == []
    job = fresh.run("echo x")
    assert [group["logGroupName"] for group in fresh.logs.describe_log_groups()["logGroups"]] == [LOG_GROUP]
    error = refusal(fresh.logs.get_log_events, logGroupName=LOG_GROUP, logStreamName="no")
    assert error["Message"] == "The specified log stream does not exist."
    (name,) = fresh.streams(job["TrainingJobName"])
    prefix, epoch = name.rsplit("-", 1)
    assert prefix == f"{job['TrainingJobName']}/algo-1"
    assert abs(int(epoch) - time.time()) < 60


def test_lines_as_the_agent_writes_them(server):
    server.put("lines/p.py", LINES)
    channels = {"p": {"S3Uri": "s3://bucket-of-tests/lines/p.py"}}
    job = server.run("exec python3 $B/input/data/p/p.py", channels=channels)
    lines = server.lines(job["TrainingJobName"])
    assert lines[:5] == ["first", "", "a#011b#015", "ä €", "  indented"]
    long = lines[5:-1]
    assert max(len(line.encode()) for line in long) <= 262_144 - 26
    assert "".join(long) == "xä" * 200_000
    assert lines[-1] == "no newline"


LINES = """
import sys
out = sys.stdout.buffer
out.write("first\\n\\na\\tb\\r\\nä €\\n  indented\\n".encode())
out.write(("xä" * 200_000).encode() + b"\\n")
out.write(b"no newline")
"""


def test_two_hosts_that_print_as_fast_as_they_can(server):
    job = server.run("seq 1 50000", instances=2)
    for host in ("algo-1", "algo-2"):
        assert server.lines(job["TrainingJobName"], host) == [str(number) for number in range(1, 50001)]


def test_forward_token_is_unchanged_at_the_end(stream):
    stream.put((1000, "a"), (1001, "b"))
    first, page = stream.get(startFromHead=True, limit=1)
    assert first == ["a"]
    second, page = stream.get(page["nextForwardToken"])
    assert second == ["b"]
    token = page["nextForwardToken"]
    empty, page = stream.get(token)
    assert (empty, page["nextForwardToken"]) == ([], token)
    stream.put((1002, "c"))
    assert stream.get(token)[0] == ["c"]


def test_a_late_event_comes_once_and_shifts_nothing(stream):
    stream.put((1000, "a"), (2000, "b"))
    _, page = stream.get(startFromHead=True)
    forward, backward = page["nextForwardToken"], page["nextBackwardToken"]
    stream.put((500, "late"), (3000, "c"))
    assert stream.get(forward)[0] == ["late", "c"]
    assert stream.get(backward)[0] == []
    assert sorted(stream.get(startFromHead=True)[0]) == ["a", "b", "c", "late"]


def test_backward(stream):
    stream.put(*((1000 + number, str(number)) for number in range(5)))
    newest, page = stream.get(limit=2)
    assert newest == ["3", "4"]
    assert stream.get(page["nextForwardToken"])[0] == []
    older, page = stream.get(page["nextBackwardToken"], limit=2)
    assert older == ["1", "2"]
    assert stream.get(page["nextForwardToken"])[0] == ["3", "4"]
    oldest, page = stream.get(page["nextBackwardToken"], limit=2)
    assert oldest == ["0"]
    ended, after = stream.get(page["nextBackwardToken"])
    assert (ended, after["nextBackwardToken"]) == ([], page["nextBackwardToken"])


def test_times(stream):
    stream.put(*((1000 + number, str(number)) for number in range(5)))
    assert stream.get(startTime=1001, endTime=1003, startFromHead=True)[0] == ["1", "2"]
    assert stream.get(startTime=1001, endTime=1003, limit=1)[0] == ["2"]


def test_pages_are_limited(stream):
    for _ in range(3):
        stream.put(*((1000, "x") for _ in range(5000)))
    messages, page = stream.get(startFromHead=True)
    assert len(messages) == 10_000
    assert len(stream.get(page["nextForwardToken"])[0]) == 5_000
    for _ in range(3):
        stream.put(*((1000, "y" * 100_000) for _ in range(5)))
    pages = []
    while messages:
        messages, page = stream.get(page["nextForwardToken"])
        pages.append(len(messages))
    assert pages == [5_000 + 9, 6, 0]  # 5,000 * 27 and 9 * 100,026 bytes


def test_foreign_tokens_are_refused(stream, server):
    for token in ("f/1", "nonsense", f"f/{99:056d}/s"):
        assert refusal(server.logs.get_log_events, **stream.names, nextToken=token)["Code"] == (
            "InvalidParameterException"
        )


def test_filter_interleaves_the_streams_of_a_prefix(server):
    group = "group-filter"
    server.logs.create_log_group(logGroupName=group)
    for name, times in (("job/a", (1000, 3000)), ("job/b", (2000, 4000)), ("other", (1500,))):
        server.logs.create_log_stream(logGroupName=group, logStreamName=name)
        events = [{"timestamp": each, "message": f"{name} at {each}"} for each in times]
        server.logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=events)

    def found(**options):
        page = server.logs.filter_log_events(logGroupName=group, **options)
        return [event["message"] for event in page["events"]], page

    everything = ["job/a at 1000", "job/b at 2000", "job/a at 3000", "job/b at 4000"]
    messages, page = found(logStreamNamePrefix="job/")
    assert messages == everything
    assert "nextToken" not in page
    assert len({event["eventId"] for event in page["events"]}) == 4
    assert found(logStreamNames=["other", "job/a"])[0] == ["job/a at 1000", "other at 1500", "job/a at 3000"]
    assert found(startTime=2000, endTime=3000)[0] == everything[1:3]
    assert found(filterPattern='"at 3000"')[0] == ["job/a at 3000"]
    assert found(filterPattern="at -other", logStreamNamePrefix="job")[0] == everything
    pages, token = [], None
    for _ in everything:
        messages, page = found(logStreamNamePrefix="job/", limit=1, **({"nextToken": token} if token else {}))
        pages += messages
        token = page.get("nextToken")
    assert (pages, token) == (everything, None)


def test_a_search_sorts_by_time_and_then_by_arrival(server):
    group = "group-search-order"
    server.logs.create_log_group(logGroupName=group)
    for name in ("job/a", "job/b"):
        server.logs.create_log_stream(logGroupName=group, logStreamName=name)
    for name, timestamp in (("job/b", 2000), ("job/a", 2000), ("job/b", 1000), ("job/a", 2000)):
        events = [{"timestamp": timestamp, "message": f"{name} at {timestamp}"}]
        server.logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=events)
        time.sleep(0.01)
    page = server.logs.filter_log_events(logGroupName=group, logStreamNamePrefix="job/")
    messages = [event["message"] for event in page["events"]]
    assert messages == ["job/b at 1000", "job/b at 2000", "job/a at 2000", "job/a at 2000"]


def test_a_search_by_pages_while_lines_come(server):
    """Pages have 10,000 events, a token goes on where the page ended, and each event comes once."""
    group = "group-search-pages"
    server.logs.create_log_group(logGroupName=group)

    def put(name, first):
        events = [{"timestamp": 1000 + first + number, "message": str(first + number)} for number in range(6000)]
        server.logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=events)

    for name in ("job/a", "job/b"):
        server.logs.create_log_stream(logGroupName=group, logStreamName=name)
        put(name, 0)
    asked = {"logGroupName": group, "logStreamNamePrefix": "job/"}
    first = server.logs.filter_log_events(**asked)
    put("job/a", 6000)
    second = server.logs.filter_log_events(**asked, nextToken=first["nextToken"])
    assert [len(page["events"]) for page in (first, second)] == [10_000, 8_000]
    assert "nextToken" not in second
    events = first["events"] + second["events"]
    assert len({event["eventId"] for event in events}) == 18_000
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)


def test_streams_by_pages(server):
    group = "group-pages"
    server.logs.create_log_group(logGroupName=group)
    names = sorted(f"s/algo-{number}" for number in range(1, 13))
    for name in names:
        server.logs.create_log_stream(logGroupName=group, logStreamName=name)
    paginator = server.logs.get_paginator("describe_log_streams")
    pages = list(paginator.paginate(logGroupName=group, logStreamNamePrefix="s/", PaginationConfig={"PageSize": 5}))
    assert [stream["logStreamName"] for page in pages for stream in page["logStreams"]] == names
    assert len(pages) == 3


def test_requests_are_checked(server):
    error = refusal(server.logs.get_log_events, logGroupName="a b", logStreamName="x")
    assert error["Code"] == "InvalidParameterException"
    assert "at 'logGroupName' failed to satisfy constraint" in error["Message"]
    error = refusal(server.logs.describe_log_streams, logGroupName="x", limit=51)
    assert "Member must have value less than or equal to 50" in error["Message"]


def test_an_empty_page_is_not_the_end(stream):
    """Behind a pause a token gets an empty page and a new token, once; without a token the pause is not seen."""
    base = int(time.time() * 1000)
    stream.put((base, "a"), (base, "b"))
    _, first = stream.get(startFromHead=True)
    token = first["nextForwardToken"]
    assert stream.get(token)[1]["nextForwardToken"] == token
    time.sleep(1.1)
    stream.put((base + 1, "c"))
    lines, empty = stream.get(token)
    assert lines == []
    assert empty["nextForwardToken"] != token
    lines, last = stream.get(empty["nextForwardToken"])
    assert lines == ["c"]
    assert stream.get(last["nextForwardToken"])[1]["nextForwardToken"] == last["nextForwardToken"]
    assert stream.get(startFromHead=True)[0] == ["a", "b", "c"]


def test_a_search_that_finds_nothing_for_long_gives_an_empty_page(server, stream):
    base = int(time.time() * 1000)
    for part in range(3):
        stream.put(*((base + part * 4000 + number, "hay") for number in range(4000)))
    stream.put((base + 20_000, "needle"))
    group = stream.names["logGroupName"]
    page = server.logs.filter_log_events(logGroupName=group, filterPattern="needle")
    assert page["events"] == []
    page = server.logs.filter_log_events(logGroupName=group, filterPattern="needle", nextToken=page["nextToken"])
    assert [event["message"] for event in page["events"]] == ["needle"]
