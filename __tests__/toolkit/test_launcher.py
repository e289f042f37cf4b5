"""The launcher with Python: arguments, output, endings. The newest and the oldest Python of the machine."""

import json

from conftest import Run, start
from instance import Instance

ODD = {
    "blanks": " two  blanks ",
    "quotes": 'it\'s "quoted"',
    "shell": "$(id) `id` $HOME; exit 3 | x && y",
    "lines": "one\ntwo\n",
    "unicode": "naïve 日本 🚀",
    "empty": "",
    "dashes": "--not-an-option",
}
SHOW = "import json, sys\nprint(json.dumps(sys.argv[1:]))\n"


def test_arguments_arrive_as_they_are(python: Instance, run: Run) -> None:
    ended = run(python, {"w.py": SHOW}, hyperparameters=ODD, arguments=("a b", "", "$x"))
    expected = [word for key in sorted(ODD) for word in (f"--{key}", ODD[key])]
    assert json.loads(ended.printed[0]) == [*expected, "a b", "", "$x"]
    assert ended.code == 0
    assert ended.failure is None


def test_arguments_arrive_in_a_shell_script_without_a_locale(python: Instance, run: Run) -> None:
    python.environment["LANG"] = "C"
    ended = run(python, {"w.sh": 'for word in "$@"; do printf "<%s>" "$word"; done; echo\n'}, hyperparameters=ODD)
    assert "\n".join(ended.printed) == "".join(f"<{word}>" for key in sorted(ODD) for word in (f"--{key}", ODD[key]))


def test_values_have_the_form_of_sagemaker_training(python: Instance, run: Run) -> None:
    values = {"b": True, "n": None, "list": [1, "a"], "map": {"y": 2, "x": 1}, "rate": 0.5}
    ended = run(python, {"w.py": SHOW}, hyperparameters=values)
    words = ["-b", "True", "--list", "[1, 'a']", "--map", "x=1,y=2", "-n", "", "--rate", "0.5"]
    assert json.loads(ended.printed[0]) == words


def test_a_flag_has_no_value(python: Instance, run: Run) -> None:
    script = (
        "import argparse, os\nfrom task_toolkit import algo_lib\nparser = argparse.ArgumentParser()\n"
        "parser.add_argument('--do_train', action='store_true')\nparser.add_argument('--name')\n"
        "parser.add_argument('-v', action='store_true')\nprint(parser.parse_args())\n"
        "print(algo_lib.parseArgs().hps, os.environ['SM_HP_DO_TRAIN'], os.environ['SM_USER_ARGS'])\n"
    )
    values = {"do_train": True, "name": "", "v": True}
    ended = run(python, {"w.py": script}, hyperparameters=values, flags=("do_train", "v"))
    assert ended.printed[0] == "Namespace(do_train=True, name='', v=True)"
    assert ended.printed[-1] == f'{values} true ["--do_train","--name","","-v"]'


def test_a_value_that_is_no_json_is_a_string_and_sagemakers_own_are_left_out(python: Instance) -> None:
    start(python, {"w.py": SHOW})
    config = python.base / "input" / "config" / "hyperparameters.json"
    config.write_text(json.dumps({"plain": "no json", "sagemaker_region": '"x"'}))
    ended = python.finish(python.start())
    assert json.loads(ended.printed[0]) == ["--plain", "no json"]


def test_the_command_is_shown_on_one_line(python: Instance, run: Run) -> None:
    ended = run(python, {"worker2.py": SHOW}, hyperparameters={"msg": "Hello, world!"})
    assert ended.lines[0] == "Invoking script with the following command:"
    assert ended.lines[1] == ended.lines[3] == ""
    assert ended.lines[2].endswith(" worker2.py --msg Hello, world!")


def test_a_failure_has_its_traceback_and_its_code(python: Instance, run: Run) -> None:
    script = (
        "import traceback\n\ndef inner():\n    raise ValueError('boom: 3')\n\n"
        "try:\n    inner()\nexcept ValueError:\n    traceback.print_exc()\n    raise SystemExit(3)\n"
    )
    ended = run(python, {"sub/train.py": script})
    assert ended.code == 3
    assert ended.failure is not None
    assert ended.failure.startswith("sub/train.py failed with exit code 3: ValueError: boom: 3\nTraceback")
    assert "    raise ValueError('boom: 3')" in ended.failure
    assert len(ended.failure) <= 1024


def test_a_long_traceback_keeps_its_end(python: Instance, run: Run) -> None:
    script = (
        "def f(n):\n    if n == 0:\n        raise KeyError('deep')\n    g(n)\n\ndef g(n):\n    f(n - 1)\n\nf(200)\n"
    )
    ended = run(python, {"w.py": script})
    assert ended.failure is not None
    assert len(ended.failure) <= 1024
    assert ended.failure.splitlines()[0] == "w.py failed with exit code 1: KeyError: 'deep'"
    assert ended.failure.rstrip().endswith("KeyError: 'deep'")


def test_the_text_of_an_exit_is_the_reason(python: Instance, run: Run) -> None:
    ended = run(python, {"w.py": "import sys\nprint('before')\nsys.exit('no data')\n"})
    assert ended.code == 1
    assert ended.failure is not None
    assert ended.failure.startswith("w.py failed with exit code 1: no data")


def test_the_last_of_several_tracebacks_is_the_reason(python: Instance, run: Run) -> None:
    script = "try:\n    {}['a']\nexcept KeyError as error:\n    raise ValueError('second\\nline') from error\n"
    ended = run(python, {"w.py": script})
    assert ended.failure is not None
    assert ended.failure.splitlines()[0] == "w.py failed with exit code 1: ValueError: second"
    assert "KeyError" not in ended.failure.replace("except KeyError", "")
    assert ended.failure.endswith("ValueError: second\nline")


def test_a_silent_failure_says_so(python: Instance, run: Run) -> None:
    assert (
        run(python, {"w.py": "raise SystemExit(9)\n"}).failure == "w.py failed with exit code 9: it printed nothing\n"
    )


def test_a_failure_file_of_the_scripts_own_stays(python: Instance, run: Run) -> None:
    script = "import os\nopen(os.environ['SM_OUTPUT_DIR'] + '/failure', 'w').write('mine')\nraise SystemExit(2)\n"
    ended = run(python, {"w.py": script})
    assert (ended.code, ended.failure) == (2, "mine")


def test_a_killed_script_says_by_what(python: Instance, run: Run) -> None:
    ended = run(python, {"w.py": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"})
    assert ended.code == 128 + 9
    assert ended.failure is not None
    assert "was killed by SIGKILL" in ended.failure


def test_modules_of_the_user_do_not_stand_in_for_pythons(python: Instance, run: Run) -> None:
    files = {"w.py": "print('fine')\n", "select.py": "raise RuntimeError\n", "json.py": "raise RuntimeError\n"}
    python.environment["PYTHONPATH"] = str(python.base / "code")
    assert run(python, files, entrypoint="w.py").printed == ["fine"]


def test_shell_lines_fail_with_their_first_failure(python: Instance, run: Run) -> None:
    ended = run(python, {"run": "echo one\nfalse | true\necho two\n"})
    assert ended.printed == ["one"]
    assert ended.code == 1


def test_a_script_is_started_by_its_shebang(python: Instance, run: Run) -> None:
    ended = run(python, {"a b.sh": "#!/bin/bash\n[[ x == x ]] && echo $0\n"})
    assert ended.printed == ["./a b.sh"]
    none = Instance(python.base.parent / "other", path=python.path)
    assert run(none, {"w.sh": "#!/no/such\necho by sh\n"}).printed == ["by sh"]


def test_a_shebang_that_leads_nowhere_is_a_comment(python: Instance, run: Run) -> None:
    for at, shebang in enumerate(("#!/usr/bin/env no-such", "#!/bin/bash\r", "#!", "#!/usr/bin/env bash\r")):
        instance = Instance(python.base.parent / str(at), path=python.path)
        assert run(instance, {"sub/w.sh": f"{shebang}\necho by sh\n"}).printed == ["by sh"]


def test_control_characters_are_shown_escaped(python: Instance, run: Run) -> None:
    ended = run(python, {"w.py": SHOW}, arguments=("a\tb", "é\x1b[31m", "c\r\nd", "日本"))
    assert ended.lines[2].endswith(" w.py a\\tb é\\x1b[31m c\\r\\nd 日本")


def test_arguments_arrive_without_a_locale(python: Instance, run: Run) -> None:
    python.environment["LANG"] = "C"
    script = "import os, sys\nos.write(1, b'|'.join(map(os.fsencode, sys.argv[1:])) + b'\\n')\n"
    assert run(python, {"w.py": script}, arguments=("é 日本 🚀", "")).printed == ["é 日本 🚀|"]


def test_a_python_by_its_other_name_will_do(python: Instance, run: Run) -> None:
    (python.base.parent / "python" / "python3").rename(python.base.parent / "python" / "python")
    broken = python.base.parent / "python" / "python3"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert run(python, {"w.py": "import sys\nprint(sys.version_info >= (3, 6))\n"}).printed == ["True"]


def test_the_code_folder_is_where_a_script_is(python: Instance, run: Run) -> None:
    script = "import os, sys\nimport lib\nprint(os.getcwd(), lib.text, sys.stdin.read() == '')\n"
    ended = run(python, {"sub/w.py": script, "lib.py": "text = 'ours'\n"})
    assert ended.printed == [f"{python.base / 'code'} ours True"]


def test_names_that_look_like_options_are_files(python: Instance, run: Run) -> None:
    assert run(python, {"-c.py": "print('file')\n"}).printed == ["file"]
