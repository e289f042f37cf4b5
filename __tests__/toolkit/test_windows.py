"""Texts as Windows writes them: CR LF, byte order marks. What is a script runs; what is data stays byte for byte."""

from codecs import BOM_UTF8, BOM_UTF16_LE

import pytest
from conftest import start
from instance import Ended, Instance
from test_requirements import NO_NETWORK, wheel

CHANGED = "Windows line ends or a byte order mark, which no shell reads, were taken out of "
SCRIPT = 'set -e\nif true; then\n\techo "in $(basename "$0")"\nfi\nfor word in "$@"; do echo "<$word>"; done\n'


def crlf(text: str) -> bytes:
    return text.replace("\n", "\r\n").encode()


# What is wrong with the script, by its name; each prints the same.
SCRIPTS = {
    "no shebang": crlf(SCRIPT),
    "shebang": crlf("#!/bin/bash\n" + SCRIPT),
    "shebang with a word": crlf("#!/bin/bash -u\n" + SCRIPT),
    "env": crlf("#!/usr/bin/env bash\n" + SCRIPT),
    "mark": BOM_UTF8 + b"#!/bin/bash\n" + SCRIPT.encode(),
    "mark and CR LF": BOM_UTF8 + crlf("#!/bin/sh\n" + SCRIPT),
    "some lines": b"#!/bin/sh\n" + crlf(SCRIPT),
    "no last newline": crlf(SCRIPT)[:-2],
    "umlauts": crlf("# für ü\n" + SCRIPT),
}


def ends(instance: Instance, files: dict[str, bytes], entrypoint: str | None) -> Ended:
    """Run `files` as they are, to the end."""
    start(instance, {entrypoint or "run": ""}, entrypoint=entrypoint, arguments=("a b",))
    for name, content in files.items():
        file = instance.base / "code" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return instance.finish(instance.start())


@pytest.mark.parametrize("name", [*SCRIPTS, "UTF-16"])
def test_a_script_runs(python: Instance, name: str) -> None:
    python.path = f"{python.path}:/usr/bin"
    script = SCRIPTS.get(name) or BOM_UTF16_LE + SCRIPT.replace("\n", "\r\n").encode("utf-16-le")
    ended = ends(python, {"sub/train.sh": script}, "sub/train.sh")
    assert ended.printed == ["in train.sh", "<a b>"]
    assert ended.lines[0] == CHANGED + "sub/train.sh"
    assert ended.end[1] == len(ended.lines) - 1


@pytest.mark.parametrize("name", ["no shebang", "shebang with a word", "mark and CR LF", "umlauts"])
def test_a_script_runs_without_python(shell: Instance, name: str) -> None:
    # There is no basename in a bare image.
    script = SCRIPTS[name].replace(b'$(basename "$0")', b"${0##*/}")
    ended = ends(shell, {"sub/train.sh": script}, "sub/train.sh")
    assert (ended.lines[0], ended.printed) == (CHANGED + "sub/train.sh", ["in train.sh", "<a b>"])
    assert ended.end[1] == len(ended.lines) - 1


LINES = 'if true; then\n  echo one\nfi\necho two | { read -r x; echo "[$x]"; }\n'


LINES_ENDS = (0, ["one", "[two]"])


@pytest.mark.parametrize("mark", [b"", BOM_UTF8])
def test_lines_run(python: Instance, mark: bytes) -> None:
    ended = ends(python, {"task_toolkit/run.sh": mark + crlf(LINES)}, None)
    assert (ended.code, ended.printed) == LINES_ENDS
    assert ended.lines[0] == CHANGED + 'the "run" lines'


def test_lines_run_without_python(shell: Instance) -> None:
    ended = ends(shell, {"task_toolkit/run.sh": BOM_UTF8 + crlf(LINES)}, None)
    assert (ended.code, ended.printed) == LINES_ENDS
    assert ended.lines[0] == CHANGED + 'the "run" lines'


def test_what_a_script_starts_runs_too(python: Instance) -> None:
    """Scripts beside it, by their name or their shebang, and programs in other languages."""
    files = {
        "train.sh": b"set -e\n. ./lib/names.bash\nchmod +x tool tool.py\n./tool; ./tool.py; name\n",
        "lib/names.bash": crlf("name() {\n  echo name\n}\n"),
        "tool": crlf("#!/bin/sh\necho tool\n"),
        "tool.py": BOM_UTF8 + crlf("#!/usr/bin/env python3\nprint('python')\n"),
    }
    ended = ends(python, files, "train.sh")
    assert ended.printed == ["tool", "python", "name"]
    assert ended.lines[0] == CHANGED + "lib/names.bash, tool, tool.py"


@pytest.mark.parametrize("mark", [b"", BOM_UTF8])
def test_a_python_file_runs(python: Instance, mark: bytes) -> None:
    script = mark + crlf('"""Doc."""\nimport helper\ntext = """a\nb"""\nprint(len(text), helper.x)\n')
    ended = ends(python, {"train.py": script, "helper.py": mark + crlf("x = 'é'\n")}, "train.py")
    assert ended.printed == ["3 é"]
    assert (python.base / "code" / "train.py").read_bytes() == script


def test_what_is_no_script_stays_as_it_is(python: Instance) -> None:
    """Data, and what is behind a script in the same file; what a link leads to is not the code's."""
    outside = python.base.parent / "outside.sh"
    files = {
        "data.csv": crlf("a,b\n"),
        "page.http": crlf("GET / HTTP/1.1\n"),
        "installer.sh": b"#!/bin/sh\necho x\n\x00\x1f\x8b\r\n\xff",
        "lf.sh": b"echo x\n",
        "python.py": b"#!/usr/bin/env python3\nx = '''a\r\n'''\n",
        "not-utf-16.sh": BOM_UTF16_LE + b"\x00\xd8",
    }
    outside.write_bytes(crlf("echo x\n"))
    python.base.mkdir()
    (python.base / "code").mkdir()
    (python.base / "code" / "link.sh").symlink_to(outside)
    (python.base / "code" / "gone.sh").symlink_to("nowhere")
    ended = ends(python, {**files, "w.sh": b"echo fine\n"}, "w.sh")
    assert (ended.lines[0], ended.printed) == ("Invoking script with the following command:", ["fine"])
    for name, content in files.items():
        assert (python.base / "code" / name).read_bytes() == content
    assert outside.read_bytes() == crlf("echo x\n")


def test_arguments_stay_as_they_are(python: Instance) -> None:
    """They are in a script of the action's own."""
    start(python, {"w.sh": 'printf "<%s>" "$1"\n'}, arguments=("a\r\nb",))
    job = (python.base / "code" / "task_toolkit" / "job.sh").read_bytes()
    ended = python.finish(python.start())
    assert ended.lines[0] == "Invoking script with the following command:"
    assert ended.printed == ["<a\r", "b>"]
    assert b"a\r\nb" in job
    assert (python.base / "code" / "task_toolkit" / "job.sh").read_bytes() == job


def test_an_archive_behind_a_script_stays_without_python(shell: Instance) -> None:
    script = b"#!/bin/sh\necho fine\nexit\n\x01\x02\r\n\x03"
    ended = ends(shell, {"w.sh": script}, "w.sh")
    assert ended.printed == ["fine"]
    assert (shell.base / "code" / "w.sh").read_bytes() == script


def test_the_names_are_text(python: Instance) -> None:
    names = ["a\n##ssm-end x 1 2.sh", "b-é.sh", *(f"z{at}.sh" for at in range(6))]
    python.environment["LANG"] = "C"
    ended = ends(python, {name: crlf("echo x\n") for name in names} | {"w.sh": b"echo fine\n"}, "w.sh")
    assert ended.lines[0] == CHANGED + "a\\n##ssm-end x 1 2.sh, b-é.sh, z0.sh, z1.sh, z2.sh and 3 more"
    assert ended.end == ("algo-1", len(ended.lines) - 1)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_requirements_are_read(python: Instance, encoding: str) -> None:
    """pip reads marks and CR LF itself: `pip freeze >requirements.txt` in PowerShell writes UTF-16."""
    target = python.base.parent / "target"
    python.environment.update(NO_NETWORK, PIP_TARGET=str(target), PYTHONPATH=str(target))
    wheel(python.base / "code" / "tiny-1.0-py3-none-any.whl")
    text = "# für uns\r\n./tiny-1.0-py3-none-any.whl\r\n".encode(encoding)
    ended = ends(python, {"requirements.txt": text, "w.py": b"import tiny\nprint(tiny.text)\n"}, "w.py")
    assert ended.printed == ["of the package"]
