"""The input `secrets` on an instance: who gets the values, who does not, and what an error says."""

import base64
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Run, start
from instance import TOOLKIT, Ended, Instance, interpreters
from secret_services import DENIED, KEYS, PREFIX, Services, certificate, serving

sys.path.insert(0, str(TOOLKIT))

from task_toolkit.output import Output

VALUE = "hunter2 & 'friends' <\"\\> ü"
HOST = "secretsmanager.eu-west-1.amazonaws.com"
PYTHONS = list(interpreters())
COMMAND = "Invoking script with the following command:"


@pytest.fixture
def services() -> Iterator[Services]:
    """At the addresses that the container's variables name."""
    made = Services()
    with serving(made):
        yield made


def instance_with(python: Path, folder: Path, services: Services) -> Instance:
    """One that has this Python, and finds the services."""
    folder.mkdir(exist_ok=True)
    # A script, not a link: a Python finds its library by where it lies.
    (folder / "python3").write_text(f'#!/bin/sh\nexec {python} "$@"\n')
    (folder / "python3").chmod(0o755)
    made = Instance(folder / "ml", path=f"{folder}:/usr/bin:/bin")
    made.environment.update(AWS_ENDPOINT_URL=services.url, AWS_CONTAINER_CREDENTIALS_FULL_URI=f"{services.url}/c")
    return made


@pytest.fixture
def instance(services: Services, tmp_path: Path) -> Instance:
    """One that has the newest Python."""
    return instance_with(PYTHONS[-1], tmp_path / "instance", services)


def secret(arn: str, **more: str) -> dict[str, Any]:
    """As in job.json."""
    return {"arn": arn, "region": "eu-west-1", "host": HOST, **more}


def impatient() -> dict[str, str]:
    """A launcher that waits less before it asks a service again: 15 seconds in all are long for a test."""
    name = "task_toolkit/secret_store.py"
    return {name: (TOOLKIT / name).read_text().replace("PAUSE = 0.5", "PAUSE = 0.02")}


def show(name: str) -> str:
    """A line that prints a variable so that nothing hides it."""
    return f"import os; print(os.environ[{name!r}].encode().hex())\n"


def shown(text: str) -> str:
    return text.encode().hex()


def everywhere(instance: Instance, ended: Ended) -> str:
    """All that the instance printed, and all files that it left."""
    files = [path for path in instance.base.rglob("*") if path.is_file() and path.suffix not in (".py", ".pyc")]
    return "\n".join([*ended.lines, *(path.read_text(errors="replace") for path in files)])


def test_the_script_gets_the_values(instance: Instance, run: Run, services: Services) -> None:
    whole = services.keep("db", SecretString=VALUE)
    parameter = "arn:aws:ssm:eu-west-1:123456789012:parameter/team/key"
    services.replies[parameter] = [(200, {"Parameter": {"Name": "/team/key", "Value": "from ssm"}})]
    services.replies[f"{PREFIX}partial"] = [(200, {"SecretString": "partial"})]
    binary = services.keep("binary", SecretBinary=base64.b64encode("büte".encode()).decode())
    arns = {"A": whole, "B": parameter, "C": f"{PREFIX}partial", "D": binary}
    given = {name: secret(arn) for name, arn in arns.items()}
    ended = run(instance, {"w.py": "".join(map(show, given))}, secrets=given)
    assert ended.code == 0, ended.lines
    assert ended.lines[0] == "Reading 4 secrets: A, B, C, D"
    assert ended.printed == [shown(text) for text in (VALUE, "from ssm", "partial", "büte")]
    assert services.asked[0] == ("secretsmanager.GetSecretValue", services.url[7:], {"SecretId": whole})
    assert services.asked[1][2] == {"Name": parameter, "WithDecryption": True}
    assert services.asked[2][2] == {"SecretId": f"{PREFIX}partial"}


def test_parts_of_a_secret_are_one_request(instance: Instance, run: Run, services: Services) -> None:
    arn = services.keep("db", SecretString='{"user": "me", "port": 5432, "none": null, "more": {"a": [1]}}')
    parts = {name: secret(arn, key=name.lower()) for name in ("USER", "PORT", "MORE")}
    old = {"OLD": secret(arn, key="user", stage="AWSPREVIOUS"), "PINNED": secret(arn, key="user", version="1" * 32)}
    names = [*parts, *old]
    ended = run(instance, {"w.py": "".join(map(show, names))}, secrets={**parts, **old})
    assert ended.printed == [shown(text) for text in ("me", "5432", '{"a": [1]}', "me", "me")]
    assert [asked for _, _, asked in services.asked] == [
        {"SecretId": arn},
        {"SecretId": arn, "VersionStage": "AWSPREVIOUS"},
        {"SecretId": arn, "VersionId": "1" * 32},
    ]


def test_nothing_but_the_script_gets_them(instance: Instance, run: Run, services: Services) -> None:
    arn = services.keep("db", SecretString="hunter2hunter2")
    python = "import os; print([name for name, value in os.environ.items() if 'hunter2' in value])\n"
    lines = "python3 -c 'import sys' && python3 shown.py\n"
    ended = run(instance, {"run": lines, "shown.py": python}, secrets={"PASSWORD": secret(arn)})
    assert ended.printed == ["['PASSWORD']"]
    assert "hunter2" not in everywhere(instance, ended)
    assert KEYS["SecretAccessKey"] not in everywhere(instance, ended)


def test_pip_does_not_get_them(instance: Instance, run: Run, services: Services) -> None:
    arn = services.keep("db", SecretString="hunter2hunter2")
    folder = instance.base.parent / "venv"
    subprocess.run([PYTHONS[-1], "-m", "venv", "--without-pip", folder], check=True)
    pip = next(folder.glob("lib/python*/site-packages")) / "pip"
    pip.mkdir()
    (pip / "__init__.py").write_text("")
    (pip / "__main__.py").write_text("import os; print('pip has it:', 'hunter2hunter2' in os.environ.values())\n")
    instance.path = f"{folder / 'bin'}:{instance.path}"
    ended = run(instance, {"w.py": "", "requirements.txt": "x\n"}, entrypoint="w.py", secrets={"A": secret(arn)})
    assert ended.lines[1:3] == ["Installing requirements.txt", "pip has it: False"]


def test_processes_of_torchrun_get_them(instance: Instance, run: Run, services: Services) -> None:
    arn = services.keep("db", SecretString="hunter2hunter2")
    files = {"w.py": "import os; print(os.environ['RANK'], len(os.environ['A']), os.environ['A'])\n"}
    ended = run(instance, files, secrets={"A": secret(arn)}, distribution={"torchrun": {"processes": 3}})
    assert sorted(ended.printed) == ["0 14 ***", "1 14 ***", "2 14 ***"]


PRINTS = {
    "as it is": ("print('a ' + s + ' b')", ["a *** b"]),
    "by repr": ("print([s])", None),
    "as JSON": ("import json; print(json.dumps({'a': s}))", ['{"a": "***"}']),
    "as JSON with its letters": ("import json; print(json.dumps({'a': s}, ensure_ascii=False))", ['{"a": "***"}']),
    "in a URL": ("from urllib.parse import quote; print('a://u:' + quote(s, safe='') + '@h')", ["a://u:***@h"]),
    "in a form": ("from urllib.parse import urlencode; print(urlencode({'a': s}))", ["a=***"]),
    "in pieces": (
        "import sys, time\nfor c in s:\n    sys.stdout.write(c)\n    sys.stdout.flush()\n    time.sleep(0.01)\nprint()",
        ["***"],
    ),
    "on standard error": ("import sys; print(s, file=sys.stderr)", ["***"]),
    "twice": ("print(s + s)", ["******"]),
}


@pytest.mark.parametrize("way", PRINTS)
def test_what_the_script_prints_is_without_them(instance: Instance, run: Run, services: Services, way: str) -> None:
    arn = services.keep("db", SecretString=VALUE)
    code, expected = PRINTS[way]
    ended = run(instance, {"w.py": f"import os\ns = os.environ['A']\n{code}\n"}, secrets={"A": secret(arn)})
    assert "hunter2" not in "".join(ended.lines)
    assert ended.code == 0, ended.lines
    assert expected is None or ended.printed == expected


def test_a_value_of_several_lines_is_hidden_line_by_line(instance: Instance, run: Run, services: Services) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nabcd1234\nxy\n-----END PRIVATE KEY-----\n"
    arn = services.keep("key", SecretString=key)
    script = "import os\nprint(os.environ['A'])\nprint('  abcd1234  ')\nprint(repr(os.environ['A']))\n"
    ended = run(instance, {"w.py": script}, secrets={"A": secret(arn)})
    assert ended.printed[:5] == ["***", "***", "***", "xy", "***"]
    assert ended.printed[6] == "  ***  "
    assert "abcd" not in "".join(ended.lines)
    assert "MIIE" not in "".join(ended.lines)


def test_parts_of_a_json_value_are_hidden_too(instance: Instance, run: Run, services: Services) -> None:
    arn = services.keep("db", SecretString='{"user": "me", "more": [{"password": "hunter2hunter2"}]}')
    script = "import json, os\nprint(json.loads(os.environ['A'])['more'][0]['password'], 'me')\n"
    assert run(instance, {"w.py": script}, secrets={"A": secret(arn)}).printed == ["*** me"]


@pytest.mark.parametrize("before", [199_990, 200_000, 200_010, 399_995])
def test_a_line_that_is_cut_shows_no_part_of_one(instance: Instance, run: Run, services: Services, before: int) -> None:
    value = "0123456789abcdefghij"
    arn = services.keep("db", SecretString=value)
    script = (
        "import os, time\ns = os.environ['A']\n"
        f"for part in ('x' * {before}, s[:7], s[7:], 'y' * 210000, s):\n"
        "    os.write(1, part.encode())\n    time.sleep(0.1)\nprint()\n"
    )
    ended = run(instance, {"w.py": script}, secrets={"A": secret(arn)})
    text = "".join(ended.printed)
    assert text == "x" * before + "***" + "y" * 210_000 + "***"
    assert max(map(len, ended.printed)) <= 200_000
    assert ended.end[1] == len(ended.lines) - 1


@pytest.mark.parametrize("part", range(1, 20))
def test_a_chunk_that_is_cut_shows_no_part_of_one(part: int, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """As one comes by a pipe that holds more than Linux' usual ones."""
    value = b"0123456789abcdefghij"
    output = Output()
    output.hidden.add(value.decode())
    output.feed(b"x" * 399_990 + value[:part])
    output.feed(value[part:])
    output.flush()
    printed, _ = capfdbinary.readouterr()
    assert printed.replace(b"\n", b"") == b"x" * 399_990 + b"***"


def test_a_failure_is_without_them(instance: Instance, run: Run, services: Services) -> None:
    arn = services.keep("db", SecretString="hunter2hunter2")
    script = "import os\nraise ValueError('wrong password: ' + os.environ['A'])\n"
    ended = run(instance, {"w.py": script}, secrets={"A": secret(arn)})
    assert ended.code == 1
    assert (ended.failure or "").startswith("w.py failed with exit code 1: ValueError: wrong password: ***\n")
    assert "hunter2" not in everywhere(instance, ended)


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.parametrize("more", ["", " + 'x' * 200000"])
def test_a_failure_file_of_the_scripts_own_is_without_them(
    instance: Instance, run: Run, services: Services, code: int, more: str
) -> None:
    arn = services.keep("db", SecretString="hunter2hunter2")
    path = instance.base / "output" / "failure"
    text = f"'because of ' + os.environ['A']{more}"
    script = f"import os, sys\nopen({str(path)!r}, 'w').write({text})\nsys.exit({code})\n"
    ended = run(instance, {"w.py": script}, secrets={"A": secret(arn)})
    assert ended.code == code
    assert (ended.failure or "").startswith("because of ***")
    assert "hunter2" not in everywhere(instance, ended)


def test_a_failure_file_that_is_none_holds_nothing_up(instance: Instance, services: Services) -> None:
    arn = services.keep("db", SecretString="hunter2hunter2")
    path = instance.base / "output" / "failure"
    start(instance, {"w.py": f"import os; os.mkfifo({str(path)!r})\n"}, secrets={"A": secret(arn)})
    process = instance.start()
    assert process.wait(timeout=60) == 0
    path.unlink()
    assert instance.finish(process).failure is None


def test_no_core_is_written(instance: Instance, run: Run, services: Services) -> None:
    arn = services.keep("db", SecretString="hunter2hunter2")
    script = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE))\n"
    assert run(instance, {"w.py": script}, secrets={"A": secret(arn)}).printed == ["(1, 1)"]
    shell = Instance(instance.base.parent / "shell", path=instance.path, environment=instance.environment)
    ended = run(shell, {"run": "ulimit -c; kill -SEGV $$\n"}, secrets={"A": secret(arn)})
    assert ended.printed[0] == "0"
    assert ended.code == 128 + signal.SIGSEGV
    assert not list(shell.base.rglob("core*"))


def test_a_job_without_secrets_does_without_all_that(python: Instance, run: Run) -> None:
    script = "import resource; print(resource.getrlimit(resource.RLIMIT_CORE)[1])\n"
    before = os.popen("ulimit -Hc").read().strip()
    ended = run(python, {"w.py": script})
    assert ended.lines[0] == COMMAND
    assert ended.printed == ["-1" if before == "unlimited" else ended.printed[0]]


FAILURES: dict[str, tuple[list[Any], dict[str, str], str]] = {
    "denied": (
        [DENIED],
        {},
        "AccessDeniedException: User: role is not authorized to perform: it. Allow secretsmanager:GetSecretValue on "
        f"{PREFIX}x-a1B2c3 to the job's role.",
    ),
    "denied by KMS": (
        [(400, {"__type": "AccessDeniedException", "Message": "Access to KMS is not allowed"})],
        {},
        "AccessDeniedException: Access to KMS is not allowed. Allow kms:Decrypt on the key that encrypts "
        f"{PREFIX}x-a1B2c3 to the job's role.",
    ),
    "not there": (
        [(400, {"__type": "com.amazonaws#ResourceNotFoundException", "message": "can't find\nthe secret."})],
        {},
        f"ResourceNotFoundException: can't find the secret. Check {PREFIX}x-a1B2c3: an ARN ends in a dash and six",
    ),
    "no JSON": (
        [(200, {"SecretString": "hunter2"})],
        {"key": "user"},
        "it is not a JSON object, so it has no key user.",
    ),
    "no key": ([(200, {"SecretString": '{"a": "hunter2"}'})], {"key": "user"}, "its JSON has no key user. Correct the"),
    "null": ([(200, {"SecretString": '{"user": null}'})], {"key": "user"}, "its JSON has no key user. Correct the"),
    "binary": ([(200, {"SecretBinary": "//79"})], {}, "it is binary, and not text in UTF-8, as a variable must be."),
    "a NUL": ([(200, {"SecretString": "hunter2\0"})], {}, "it is not a text that a variable can have."),
    "half a letter": ([(200, {"SecretString": "hunter2\ud83d"})], {}, "it is not a text that a variable can have."),
    "empty": ([(200, {"SecretString": '{"user": ""}'})], {"key": "user"}, "it is empty. Give it another value."),
    "nothing": ([(200, {})], {}, "it is empty. Give it another value."),
}


@pytest.mark.parametrize("case", FAILURES)
def test_an_error_says_what_to_do(instance: Instance, run: Run, services: Services, case: str) -> None:
    replies, more, reason = FAILURES[case]
    services.replies[f"{PREFIX}x-a1B2c3"] = list(replies)
    files = {"w.py": "print('never')\n", **impatient()}
    ended = run(instance, files, secrets={"DB_PASSWORD": secret(f"{PREFIX}x-a1B2c3", **more)})
    assert ended.code == 127
    assert (ended.failure or "").startswith(f"The secret DB_PASSWORD could not be read: {reason}")
    assert COMMAND not in ended.lines
    assert "hunter2" not in everywhere(instance, ended)
    assert len(services.asked) == (6 if "denied" in case else 1)
    assert ended.end[1] == len(ended.lines) - 1


def test_a_denied_parameter_names_its_own_action(instance: Instance, run: Run, services: Services) -> None:
    arn = "arn:aws:ssm:eu-west-1:123456789012:parameter/a"
    services.replies[arn] = [DENIED]
    services.replies[f"{PREFIX}x"] = [DENIED]
    failure = run(instance, {"w.py": "", **impatient()}, secrets={"A": secret(arn)}).failure or ""
    assert failure.endswith(f"Allow ssm:GetParameter on {arn} to the job's role.")
    other = Instance(instance.base.parent / "other", path=instance.path, environment=instance.environment)
    failure = run(other, {"w.py": "", **impatient()}, secrets={"A": secret(f"{PREFIX}x")}).failure or ""
    assert failure.endswith(f"Allow secretsmanager:GetSecretValue on {PREFIX}x-?????? to the job's role.")


@pytest.mark.parametrize(
    "passing",
    [
        DENIED,
        (400, {"__type": "ThrottlingException", "message": "Rate exceeded"}),
        (429, {}),
        (500, {"__type": "InternalServiceError"}),
        (503, {}),
    ],
)
def test_what_passes_is_tried_again(instance: Instance, run: Run, services: Services, passing: Any) -> None:
    arn = services.keep("db", SecretString=VALUE)
    services.replies[arn] = [passing, passing, *services.replies[arn]]
    ended = run(instance, {"w.py": show("A"), **impatient()}, secrets={"A": secret(arn)})
    assert ended.printed == [shown(VALUE)]
    assert ended.lines[1].startswith("The secret A could not be read: ")
    assert ended.lines[1].endswith(" It is tried again.")
    assert ended.lines[2] == COMMAND


def test_a_service_that_does_not_answer_is_a_clear_error(instance: Instance, run: Run) -> None:
    instance.environment.update(AWS_ENDPOINT_URL_SECRETS_MANAGER="http://127.0.0.1:1")
    failure = run(instance, {"w.py": "", **impatient()}, secrets={"A": secret(f"{PREFIX}x")}).failure or ""
    assert failure.startswith("The secret A could not be read: 127.0.0.1:1: ")
    assert "The job's network must lead to http://127.0.0.1:1/: to the internet, or to an endpoint" in failure


def test_without_credentials_nothing_is_asked(instance: Instance, run: Run, services: Services) -> None:
    services.credentials = [(404, {})]
    failure = run(instance, {"w.py": ""}, secrets={"A": secret(f"{PREFIX}x")}).failure or ""
    assert failure.startswith("The secret A could not be read: there are no credentials of the job's role: ")
    assert services.asked == []


@pytest.mark.parametrize("reply", [(200, {"SecretString": VALUE}), (503, {})])
def test_a_signal_ends_the_reading(instance: Instance, services: Services, reply: Any) -> None:
    arn = services.keep("db", SecretString=VALUE)
    services.replies[arn] = [reply]
    start(instance, {"w.py": "print('never')\n"}, secrets={"A": secret(arn)})
    process = instance.start()
    services.on_request = lambda: (os.kill(process.pid, signal.SIGTERM), time.sleep(0.3))[0]  # type: ignore[func-returns-value]
    ended = instance.finish(process)
    assert ended.code == 128 + signal.SIGTERM
    assert "never" not in ended.lines
    assert len(services.asked) == 1


def test_a_services_own_address_comes_first(instance: Instance, run: Run, services: Services) -> None:
    arn = services.keep("db", SecretString=VALUE)
    other = Services()
    other.replies = services.replies
    with serving(other):
        instance.environment.update(AWS_ENDPOINT_URL_SECRETS_MANAGER=other.url)
        assert run(instance, {"w.py": show("A")}, secrets={"A": secret(arn)}).printed == [shown(VALUE)]
    assert (len(other.asked), len(services.asked)) == (1, 0)


@pytest.mark.parametrize("bundle", ["AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", None])
def test_awss_own_host_is_reached_by_a_proxy_and_with_a_companys_certificate(
    instance: Instance, run: Run, services: Services, tmp_path: Path, bundle: str | None
) -> None:
    arn = services.keep("db", SecretString=VALUE)
    trusted, tls = certificate(tmp_path, HOST)
    behind = Services()
    behind.replies = services.replies
    with serving(behind, tls):
        instance.environment.pop("AWS_ENDPOINT_URL")
        instance.environment.update(HTTPS_PROXY=behind.url, NO_PROXY="127.0.0.1")
        if bundle is not None:
            instance.environment[bundle] = str(trusted)
        ended = run(instance, {"w.py": show("A")}, secrets={"A": secret(arn)})
    if bundle is not None:
        assert ended.code == 0, ended.lines
        assert ended.printed == [shown(VALUE)]
        assert behind.asked == [("secretsmanager.GetSecretValue", HOST, {"SecretId": arn})]
    else:
        assert "CERTIFICATE_VERIFY_FAILED" in (ended.failure or "")
        assert behind.asked == []


def test_certificates_that_are_not_there_are_named(instance: Instance, run: Run) -> None:
    instance.environment.pop("AWS_ENDPOINT_URL")
    instance.environment.update(AWS_CA_BUNDLE="/no/such.pem")
    failure = run(instance, {"w.py": ""}, secrets={"A": secret(f"{PREFIX}x")}).failure or ""
    assert "the certificates /no/such.pem cannot be read" in failure


@pytest.mark.parametrize("python", PYTHONS, ids=lambda path: path.name)
def test_every_python_reads_them(services: Services, run: Run, tmp_path: Path, python: Path) -> None:
    """The standard library has changed since 3.6."""
    arn = services.keep("db", SecretString=VALUE)
    trusted, tls = certificate(tmp_path, HOST)
    behind = Services()
    behind.replies = services.replies
    one = instance_with(python, tmp_path / "instance", services)
    script = f"{show('A')}print(os.environ['A'])\nraise SystemExit('because of ' + os.environ['A'])\n"
    with serving(behind, tls):
        one.environment.pop("AWS_ENDPOINT_URL")
        one.environment.update(HTTPS_PROXY=behind.url, NO_PROXY="127.0.0.1", AWS_CA_BUNDLE=str(trusted))
        ended = run(one, {"w.py": script}, secrets={"A": secret(arn)})
    assert ended.printed == [shown(VALUE), "***", "because of ***"]
    assert (ended.failure or "").startswith("w.py failed with exit code 1: because of ***\n")


def test_a_shell_alone_cannot(shell: Instance, run: Run, services: Services) -> None:
    arn = services.keep("db", SecretString=VALUE)
    ended = run(shell, {"run": "echo never\n"}, secrets={"A": secret(arn)})
    assert ended.code == 127
    assert (ended.failure or "").startswith("secrets needs Python 3.6 or later in the image, which this one")
    assert "never" not in ended.lines
    assert services.asked == []


def test_hiding_many_values_costs_little(instance: Instance, run: Run, services: Services) -> None:
    arns = [services.keep(f"s{at}", SecretString=f"{at:02}-secret-ü-value") for at in range(20)]
    script = "print('a line of some length, as it were\\n' * 300000, end='')\n"
    given = {f"A{at}": secret(arn) for at, arn in enumerate(arns)}
    ended = run(instance, {"w.py": script}, secrets=given)
    assert ended.end[1] == 300_005
