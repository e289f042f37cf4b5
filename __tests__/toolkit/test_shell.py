"""The launcher in a shell alone: no Python, no program but tar and gzip. dash or what /bin/sh is, bash, busybox."""

from conftest import Run
from instance import Instance

WORDS = ("it's", "two  blanks", "$(id)", "", "one\ntwo", "naïve 🚀", "back\\slash")
SHOW = 'for word in "$@"; do printf "<%s>" "$word"; done; printf "\\n"\n'


def test_arguments_arrive_as_they_are(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": SHOW}, hyperparameters={"msg": "Hello, world!"}, arguments=WORDS)
    assert "\n".join(ended.printed) == "".join(f"<{word}>" for word in ("--msg", "Hello, world!", *WORDS))
    assert ended.code == 0
    assert ended.failure is None
    assert ended.end == ("algo-1", len(ended.lines) - 1)


def test_the_command_is_one_line(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": "echo x\n"}, arguments=("one\ntwo", "b"))
    assert ended.lines[0:2] == ["Invoking script with the following command:", ""]
    assert ended.lines[2].endswith("/w.sh one\\ntwo b")
    assert ended.lines[3] == ""


def test_a_failure_has_its_code_and_its_last_lines(shell: Instance, run: Run) -> None:
    ended = run(shell, {"run": "echo one\necho two >&2\n(exit 3)\necho never\n"})
    assert ended.code == 3
    assert ended.failure is not None
    assert ended.failure.splitlines()[0] == 'the "run" lines failed with exit code 3: two'
    assert ended.failure.splitlines()[-1] == "two"
    assert "never" not in ended.lines


def test_a_failure_file_of_the_scripts_own_stays(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": 'echo mine >"$SM_OUTPUT_DIR/failure"; exit 4\n'})
    assert (ended.code, ended.failure) == (4, "mine\n")


def test_a_python_entrypoint_is_refused(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.py": "print('x')\n"})
    assert ended.code == 127
    assert ended.failure is not None
    assert "use an image that has it" in ended.failure
    assert ended.end == ("algo-1", 1)


def test_odd_hyperparameters_arrive(shell: Instance, run: Run) -> None:
    values = {f"k{at}": word for at, word in enumerate(WORDS)}
    ended = run(shell, {"run": SHOW}, hyperparameters=values)
    assert "\n".join(ended.printed) == "".join(
        f"<{word}>" for key in sorted(values) for word in (f"--{key}", values[key])
    )


def test_control_characters_are_shown_escaped(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": "echo x\n"}, arguments=("a\tb", "é\x1b[31m", "c\r"))
    assert ended.lines[2].endswith("/w.sh a\\x09b é\\x1b[31m c\\x0d")


def test_a_script_is_started_by_its_shebang(shell: Instance, run: Run) -> None:
    ended = run(shell, {"sub/a b.sh": '#! /bin/bash -u\n[[ x == x ]] && echo "$0 $-"\n'})
    assert ended.printed[0].startswith("./sub/a b.sh ")
    assert "u" in ended.printed[0]


def test_without_its_interpreter_a_script_is_started_by_sh(shell: Instance, run: Run) -> None:
    for at, shebang in enumerate(("#!/no/such", "#!/usr/bin/env no-such", "echo first")):
        instance = Instance(shell.base.parent / str(at), path=shell.path)
        assert run(instance, {"-x.sh": f"{shebang}\necho by sh\n"}).printed[-1] == "by sh"


def test_shell_lines_stop_at_the_first_failure(shell: Instance, run: Run) -> None:
    ended = run(shell, {"run": "echo one\nfalse\necho two\n"})
    assert (ended.code, ended.printed) == (1, ["one"])
    assert ended.failure == 'the "run" lines failed with exit code 1: one\none\n'


def test_a_silent_failure_says_so(shell: Instance, run: Run) -> None:
    assert run(shell, {"w.sh": "exit 9\n"}).failure == "w.sh failed with exit code 9: it printed nothing\n\n"


def test_a_killed_script_says_by_what(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": "echo going\nkill -KILL $$\n"})
    assert (ended.code, ended.printed) == (137, ["going"])
    assert (ended.failure or "").startswith("w.sh failed with exit code 137 (SIGKILL): going\n")
    assert ended.end[1] == len(ended.lines) - 1


def test_a_failure_fits(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": f"i=0; while [ $i -lt 9 ]; do echo $i {'x' * 300}; i=$((i + 1)); done; exit 1\n"})
    assert ended.failure is not None
    assert 600 < len(ended.failure) <= 1024
    assert ended.failure.splitlines()[0] == f"w.sh failed with exit code 1: 8 {'x' * 300}"
    assert ended.failure.splitlines()[1:] == [f"7 {'x' * 300}", f"8 {'x' * 300}"]


def test_a_python_that_is_too_old_is_none(shell: Instance, run: Run) -> None:
    old = shell.base.parent / "bin" / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    assert run(shell, {"w.sh": "echo by the shell\n"}).printed == ["by the shell"]
