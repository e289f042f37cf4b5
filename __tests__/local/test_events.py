"""EventBridge: events of training jobs, to API destinations as AWS sends them: late, twice, again after a refusal."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

PATTERN = {
    "source": ["aws.sagemaker"],
    "detail-type": ["SageMaker Training Job State Change"],
    "detail": {"TrainingJobStatus": ["Completed", "Failed", "Stopped"], "Tags": {"Team": ["ml"]}},
}
TRANSFORMER = {
    "InputPathsMap": {"job": "$.detail.TrainingJobName", "status": "$.detail.TrainingJobStatus", "none": "$.detail.No"},
    "InputTemplate": '{"event_type": "ended", "client_payload": {"job": <job>, "told": "<status>", "none": <none>}}',
}


class Destination:
    """An HTTP server that answers with the given statuses, one a request, then with 204."""

    def __init__(self):
        self.statuses, self.seen, self.arrived = [], [], threading.Condition()
        destination = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with destination.arrived:
                    status = destination.statuses.pop(0) if destination.statuses else 204
                    destination.seen.append((status, dict(self.headers), json.loads(body)))
                    destination.arrived.notify_all()
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/repos/org/repo/dispatches"

    def wait_for(self, count, job):
        """The events of a job, once there are as many."""

        def own():
            return [each for each in self.seen if each[2]["client_payload"]["job"] == job]

        with self.arrived:
            assert self.arrived.wait_for(lambda: len(own()) >= count, timeout=60), self.seen
            return own()


@pytest.fixture(scope="module")
def destination(server):
    at = Destination()
    events = server.client("events")
    connection = events.create_connection(
        Name="github",
        AuthorizationType="API_KEY",
        AuthParameters={
            "ApiKeyAuthParameters": {"ApiKeyName": "Authorization", "ApiKeyValue": "Bearer token"},
            "InvocationHttpParameters": {"HeaderParameters": [{"Key": "Accept", "Value": "application/json"}]},
        },
    )["ConnectionArn"]
    arn = events.create_api_destination(
        Name="dispatch", ConnectionArn=connection, InvocationEndpoint=at.url, HttpMethod="POST"
    )["ApiDestinationArn"]
    events.put_rule(Name="ended", EventPattern=json.dumps(PATTERN))
    target = {"Id": "github", "Arn": arn, "RoleArn": server.role, "InputTransformer": TRANSFORMER}
    assert events.put_targets(Rule="ended", Targets=[target])["FailedEntryCount"] == 0
    yield at
    at.server.shutdown()


def run(server, command, tags=(("Team", "ml"),)):
    """The name of a job that ran to its end."""
    return server.run(command, Tags=[{"Key": key, "Value": value} for key, value in tags])["TrainingJobName"]


def test_an_event_says_how_the_job_ended_in_the_words_of_the_template(server, destination):
    job = run(server, "exit 3")
    [(_, headers, body)] = destination.wait_for(1, job)
    assert body == {"event_type": "ended", "client_payload": {"job": job, "told": "Failed", "none": ""}}
    assert headers["Authorization"] == "Bearer token"
    assert headers["Accept"] == "application/json"


def test_what_the_pattern_does_not_name_is_not_sent(server, destination):
    other = run(server, "true", tags=[("Team", "other")])
    job = run(server, "true")
    destination.wait_for(1, job)
    assert [each for each in destination.seen if each[2]["client_payload"]["job"] == other] == []


def test_an_event_comes_twice_at_times(server, destination):
    server.fault("event-twice", times=1)
    job = run(server, "true")
    assert len(destination.wait_for(2, job)) == 2


def test_an_event_overtakes_one_that_is_late(server, destination):
    server.fault("event-late", seconds=4, times=1)
    late, job = run(server, "true"), run(server, "true")
    destination.wait_for(1, late)
    order = [each[2]["client_payload"]["job"] for each in destination.seen]
    assert order.index(job) < order.index(late)


@pytest.mark.parametrize("status", [401, 409, 429, 500, 503])
def test_a_refusal_in_passing_is_tried_again(server, destination, status):
    destination.statuses = [status]
    job = run(server, "true")
    assert [each[0] for each in destination.wait_for(2, job)] == [status, 204]


def test_another_refusal_is_not(server, destination):
    destination.statuses = [404]
    job = run(server, "true")
    destination.wait_for(1, job)
    destination.wait_for(1, run(server, "true"))
    assert [each[0] for each in destination.wait_for(1, job)] == [404]
