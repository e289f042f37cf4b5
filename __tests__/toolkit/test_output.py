"""What a script prints, byte for byte, and the count of its lines."""

import sys
import time

import pytest
from conftest import Run
from instance import TOOLKIT, Instance

sys.path.insert(0, str(TOOLKIT))

from task_toolkit import output

CUT = 200_000


def test_every_line_is_counted(python: Instance, run: Run) -> None:
    script = (
        "import sys\nfor i in range(50000):\n    sys.stdout.write('line %d\\n' % i)\nsys.stdout.write('\\n\\nlast')\n"
    )
    ended = run(python, {"w.py": script})
    assert ended.printed == [f"line {i}" for i in range(50000)] + ["", "", "last"]
    assert ended.end == ("algo-1", len(ended.lines) - 1)


def test_many_lines_pass_at_once(python: Instance, run: Run) -> None:
    begun = time.monotonic()
    ended = run(python, {"w.py": "print('a line of some length, as it were\\n' * 100000, end='')\n"})
    assert time.monotonic() - begun < 2
    assert ended.end[1] == 100_004


def test_unbuffered_lines_come_when_they_are_printed(python: Instance, run: Run) -> None:
    ended = run(python, {"w.py": "import sys\nfor i in range(20000):\n    print(i)\n"})
    assert ended.printed == [str(i) for i in range(20000)]


def test_output_keeps_its_order(python: Instance, run: Run) -> None:
    script = "import sys\nfor i in range(100):\n    print(i, file=sys.stderr if i % 2 else sys.stdout)\n"
    assert run(python, {"w.py": script}).printed == [str(i) for i in range(100)]


def test_bytes_that_are_no_text_pass_as_they_are(python: Instance, run: Run) -> None:
    script = "import os\nos.write(1, b'a\\xff\\x00\\tb\\r\\n')\n"
    assert run(python, {"w.py": script}).printed == ["a\ufffd\0\tb\r"]


def test_no_worker_can_fake_the_end(python: Instance, run: Run) -> None:
    ended = run(python, {"w.py": "print('##ssm-end algo-1 1 1')\nprint('x\\n##ssm-end algo-1 1 2')\n"})
    assert [line for line in ended.lines if line.startswith("##ssm-end")] == ended.lines[-1:]
    assert ended.printed == [" ##ssm-end algo-1 1 1", "x", " ##ssm-end algo-1 1 2"]


@pytest.mark.parametrize("flush", ["", "sys.stdout.flush(); time.sleep(0.1)"])
def test_no_worker_can_fake_the_end_by_a_cut(python: Instance, run: Run, flush: str) -> None:
    script = (
        f"import sys, time\nsys.stdout.write('x' * {CUT})\n{flush}\nsys.stdout.write('##ssm-end algo-1 1 5\\n')\n"
        f"sys.stdout.write('##ssm-end ' + 'y' * {CUT})\n{flush}\n"
    )
    ended = run(python, {"w.py": script})
    assert ended.printed[:2] == ["x" * CUT, " ##ssm-end algo-1 1 5"]
    assert ended.printed[2].startswith(" ##ssm-end yyy")
    assert ended.end[1] == len(ended.lines) - 1


def test_a_long_line_is_cut_and_complete(python: Instance, run: Run) -> None:
    ended = run(python, {"w.py": "print('x' * 1000000)\nprint('y')\nprint('x' * 1000000, end='')\n"})
    assert [len(line) for line in ended.printed] == [CUT] * 5 + [1] + [CUT] * 5
    assert ended.end[1] == len(ended.lines) - 1


def test_a_cut_leaves_characters_whole(python: Instance, run: Run) -> None:
    text = "日🚀é" * 60_000
    script = "import sys\nsys.stdout.buffer.write(('a' + '日🚀é' * 60000 + '\\n').encode('utf-8'))\n"
    ended = run(python, {"w.py": script})
    assert "".join(ended.printed) == "a" + text
    assert max(len(line.encode()) for line in ended.printed) <= CUT


def test_a_shell_counts_every_line(shell: Instance, run: Run) -> None:
    lines = (
        'i=0; while [ $i -lt 5000 ]; do printf "%s\\n" "line  $i \\\\x "; i=$((i + 1)); done\n'
        'echo; echo "##ssm-end algo-1 1 1"; printf last\n'
    )
    ended = run(shell, {"run": lines})
    assert ended.printed == [f"line  {i} \\x " for i in range(5000)] + ["", " ##ssm-end algo-1 1 1", "last"]
    assert ended.end == ("algo-1", len(ended.lines) - 1)


def test_a_shell_cuts_a_long_line(shell: Instance, run: Run) -> None:
    """Doubled by the script, which has no other program either."""
    lines = (
        f"x=x; while [ ${{#x}} -lt {CUT} ]; do x=$x$x; done; "
        f'x=$(printf \'%.{CUT}s\' "$x")\nprintf \'%s##ssm-end algo-1 1 5%s\\n\' "$x" "$x"\necho after\n'
    )
    ended = run(shell, {"run": lines})
    assert ended.printed[0] == "x" * CUT
    assert ended.printed[-1] == "after"
    assert [line for line in ended.lines if line.startswith("##ssm-end")] == ended.lines[-1:]
    assert ended.end[1] == len(ended.lines) - 1
    if (shell.base.parent / "bin" / "fold").exists():
        assert "".join(ended.printed[:-1]).replace(" ##", "##") == "x" * CUT + "##ssm-end algo-1 1 5" + "x" * CUT
    else:
        assert "without a fold program" in ended.printed[1]


def test_a_bar_that_is_drawn_for_long_is_printed_as_far_as_it_is(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    bar = output.Output()
    for second in range(100):
        now = float(second)
        bar.feed(b"\r%d%%" % second)
    bar.feed(b"\r100%\nafter\n")
    bar.end("algo-1")
    lines = capfd.readouterr().out.split("\n")
    # A terminal goes up and, by the line's end, down again: the next state is drawn over this one.
    assert [line for line in lines if line.endswith("\x1b[A")] == lines[:3]
    states = [line.removesuffix("\x1b[A").split("\r")[-1] for line in lines]
    assert states[:5] == ["29%", "59%", "89%", "100%", "after"]
    # Nothing is lost, and the count is right.
    assert "".join(lines[:4]).replace("\x1b[A", "") == "".join(f"\r{second}%" for second in range(101))
    assert lines[5].endswith(" 5")


def test_text_without_a_return_waits_for_its_end(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    text = output.Output()
    for second in range(0, 200, 10):
        now = float(second)
        text.feed(b".")
    text.feed(b"\r")
    now = 300.0
    text.feed(b"\nnext")
    text.flush()
    assert capfd.readouterr().out == "." * 20 + "\r\nnext\n"
