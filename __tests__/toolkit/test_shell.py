"""The launcher in a shell alone: no Python, no program but tar and gzip. dash or what /bin/sh is, bash, busybox."""

import time

from conftest import Run, start
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


def test_lines_are_counted_without_a_last_newline_too(shell: Instance, run: Run) -> None:
    lines = (
        'i=0; while [ $i -lt 2000 ]; do printf "%s\\n" "line  $i \\\\x "; i=$((i + 1)); done\n'
        'echo; echo "##ssm-end algo-1 1 1"; printf last\n'
    )
    ended = run(shell, {"run": lines})
    assert ended.printed[1999] == "line  1999 \\x "
    assert ended.printed[2000:] == ["", " ##ssm-end algo-1 1 1", "last"]
    assert ended.end == ("algo-1", len(ended.lines) - 1)


def test_a_failure_has_its_code_and_its_last_lines(shell: Instance, run: Run) -> None:
    ended = run(shell, {"run": "echo one\necho two >&2\n(exit 3)\necho never\n"})
    assert ended.code == 3
    assert ended.failure is not None
    assert ended.failure.splitlines()[0] == 'the "run" lines failed with exit code 3:'
    assert ended.failure.splitlines()[-1] == "two"
    assert "never" not in ended.lines


def test_a_failure_file_of_the_scripts_own_stays(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": 'echo mine >"$SM_OUTPUT_DIR/failure"; exit 4\n'})
    assert (ended.code, ended.failure) == (4, "mine\n")


def test_variables_are_those_of_the_python_launcher(shell: Instance, run: Run) -> None:
    shell.host, shell.hosts = "algo-2", ["algo-1", "algo-2"]
    for name in ("train", "my-data"):
        (shell.base / "input" / "data" / name).mkdir(parents=True)
    names = ["SM_CURRENT_HOST", "SM_CHANNEL_TRAIN", "SM_MODEL_DIR", "SSM_STATE", "SSM_INSTANCE_STATE", "SSM_JOB_NAME"]
    names += ["MASTER_ADDR", "SM_NETWORK_INTERFACE_NAME"]
    show = "".join(f'echo "${name}"\n' for name in names)
    ended = run(shell, {"w.sh": show + 'echo "$SM_CHANNELS"; echo "$SM_HOSTS"\n'})
    base = str(shell.base)
    state = str(shell.state)
    assert ended.printed[:8] == [
        "algo-2",
        f"{base}/input/data/train",
        f"{base}/model",
        state,
        f"{state}/algo-2",
        "job-1",
        "algo-1",
        "eth0",
    ]
    assert ended.printed[8] == '["my-data","train"]'
    assert ended.printed[9].replace(" ", "") == '["algo-1","algo-2"]'
    assert ended.end[0] == "algo-2"


def test_sigterm_goes_on_to_the_script(shell: Instance) -> None:
    lines = "trap 'echo cleaning up; exit 7' TERM\necho up\nwhile :; do :; done\n"
    start(shell, {"w.sh": lines})
    process = shell.start()
    assert process.stdout is not None
    while process.stdout.readline() != b"up\n":
        pass
    time.sleep(0.2)
    process.terminate()
    ended = shell.finish(process)
    assert ended.code == 7
    assert ended.lines[0] == "cleaning up"


def test_requirements_are_refused(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": "echo never\n", "requirements.txt": "x\n"})
    assert ended.code == 127
    assert ended.failure is not None
    assert ended.failure.startswith("requirements.txt needs Python")
    assert "never" not in ended.lines


def test_a_python_entrypoint_is_refused(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.py": "print('x')\n"})
    assert ended.code == 127
    assert ended.failure is not None
    assert "use an image that has it" in ended.failure
    assert ended.end == ("algo-1", 1)
