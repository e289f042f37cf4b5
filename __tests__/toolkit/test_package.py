"""The package of a setup.py or pyproject.toml, installed without any network: what builds it is in a folder."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from conftest import Run, start, virtual_environment
from instance import TOOLKIT, Ended, Instance
from test_requirements import NO_NETWORK, wheel

sys.path.insert(0, str(TOOLKIT))

from task_toolkit import failure, package

# Packs what is below src/, or the folders at the root; leaves build/ behind, as setuptools does. `saw.txt` has the
# names at the project's root, and its pyproject.toml.
BACKEND = """
import os, zipfile
class Backend:
    def get_requires_for_build_wheel(self, config_settings=None):
        return []
    def build_wheel(self, folder, config_settings=None, metadata_directory=None):
        root = "src" if os.path.isdir("src") else "."
        names = sorted(os.listdir("."))
        os.makedirs("build/lib", exist_ok=True)
        text = open("pyproject.toml").read() if os.path.exists("pyproject.toml") else ""
        if "fail" in names:
            raise ValueError(open("fail").read())
        info = "churn-1.0.dist-info/"
        with zipfile.ZipFile(os.path.join(folder, "churn-1.0-py3-none-any.whl"), "w") as archive:
            for name in sorted(os.listdir(root)):
                for module in os.listdir(os.path.join(root, name)) if os.path.isdir(os.path.join(root, name)) else []:
                    if module.endswith(".py") and name != "build":
                        archive.write(os.path.join(root, name, module), name + "/" + module)
            archive.writestr("saw.txt", ",".join(names) + "|" + text)
            archive.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
            needed = "".join("Requires-Dist: " + name + "\\n" for name in (["tiny"] if "needs-tiny" in names else []))
            archive.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: churn\\nVersion: 1.0\\n" + needed)
            archive.writestr(info + "RECORD", "")
        return "churn-1.0-py3-none-any.whl"
"""
INSTANCE = "\n__legacy__ = Backend()\nbuild_wheel = __legacy__.build_wheel\n"
OWN_BACKEND = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
SETUP = "from setuptools import find_packages, setup\n\n"
SETUP += 'setup(name="churn", version="1.0", package_dir={"": "src"}, packages=find_packages("src"))\n'
CHURN = {"src/churn/__init__.py": "def fit(): return 'fitted'\n"}
FIT = "from churn import fit\nprint(fit())\n"
SAW = (
    "import os, churn\nprint(open(os.path.join(os.path.dirname(os.path.dirname(churn.__file__)), 'saw.txt')).read())\n"
)


@pytest.fixture
def environment(python: Instance) -> Instance:
    """An instance with wheels in a folder, the only ones that its pip finds."""
    virtual_environment(python)
    wheels = python.base.parent / "wheels"
    wheel(wheels / "tiny-1.0-py3-none-any.whl")
    with zipfile.ZipFile(wheels / "setuptools-99.0-py3-none-any.whl", "w") as archive:
        info = "setuptools-99.0.dist-info"
        archive.writestr("setuptools/__init__.py", "")
        archive.writestr("setuptools/build_meta.py", BACKEND + INSTANCE)
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: setuptools\nVersion: 99.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    # Older versions of pip build a setup.py with it.
    wheel(wheels / "wheel-1.0-py3-none-any.whl", name="wheel")
    python.environment.update(NO_NETWORK, PIP_FIND_LINKS=str(wheels), PIP_USE_PEP517="1")
    return python


def pip_version(instance: Instance) -> int:
    shown = subprocess.check_output(["python3", "-m", "pip", "--version"], env={"PATH": instance.path}, text=True)
    return int(shown.split()[1].split(".")[0])


@pytest.fixture
def pep517(environment: Instance) -> Instance:
    """One whose pip builds by the pyproject.toml: https://pip.pypa.io/en/stable/news/#v19-0."""
    if pip_version(environment) < 19:
        pytest.skip("this Python's pip is older than pyproject.toml")
    return environment


@pytest.mark.parametrize(
    "script",
    [
        {"train.py": FIT},
        {"run": "python3 -c 'import churn; print(churn.fit())'\n"},
    ],
    ids=lambda script: next(iter(script)),
)
def test_it_is_installed_whatever_the_start(environment: Instance, run: Run, script: dict[str, str]) -> None:
    ended = run(environment, {**script, "setup.py": SETUP, **CHURN})
    assert ended.printed == ["fitted"]
    assert ended.lines[0] == "Installing the package of setup.py"
    assert ended.end[1] == len(ended.lines) - 1
    left = {path.name for path in (environment.base / "code").iterdir()}
    assert left == {"setup.py", "src", "task_toolkit", "worker_toolkit"} | {path.split("/")[0] for path in script} - {
        "run"
    }
    assert [path.name for path in (environment.base / "code" / "src").iterdir()] == ["churn"]


def test_pyproject_counts_and_only_the_project_is_built(pep517: Instance) -> None:
    """With the toolkit and the dependencies beside it setuptools would find several packages, and refuse."""
    files = {"train.py": SAW, "pyproject.toml": OWN_BACKEND, "backend.py": BACKEND + INSTANCE}
    start(pep517, {**files, **CHURN, "common/__init__.py": ""}, entrypoint="train.py")
    job = pep517.base / "code" / "task_toolkit" / "job.json"
    job.write_text(job.read_text().replace("{", '{"dependencies": ["common"], ', 1))
    ended = pep517.finish(pep517.start())
    assert ended.printed[0].split("|")[0].replace("__pycache__,", "") == "backend.py,pyproject.toml,src,train.py"
    assert ended.lines[0] == "Installing the package of pyproject.toml"


def test_an_image_whose_path_names_the_code_folder(pep517: Instance, run: Run) -> None:
    """What pip starts to build the package does not take the user's files for modules of Python's."""
    pep517.environment["PYTHONPATH"] = str(pep517.base / "code")
    ended = run(pep517, {"run": "echo fine\n", "setup.py": SETUP, "typing.py": "raise RuntimeError\n", **CHURN})
    assert ended.printed == ["fine"]


def test_requirements_come_first_and_the_package_finds_them(pep517: Instance, run: Run) -> None:
    files = {"train.py": "import tiny, churn\nprint(tiny.text)\n", "setup.py": SETUP, "needs-tiny": "", **CHURN}
    ended = run(pep517, {**files, "requirements.txt": "tiny==1.0\n"}, entrypoint="train.py")
    assert ended.printed == ["of the package"]
    said = [line for line in ended.lines if line.startswith("Installing ") and "collected" not in line]
    assert said == ["Installing requirements.txt", "Installing the package of setup.py"]
    satisfied = [line for line in ended.lines if line.startswith("Requirement already satisfied: tiny")]
    assert len(satisfied) == 1


def test_the_code_folder_comes_first(pep517: Instance, run: Run) -> None:
    """The installed copy does not hide the files of the working directory, whatever lies in the script's own folder."""
    where = "import churn\nprint(churn.__file__)\n"
    files = {"scripts/train.py": where, "pyproject.toml": OWN_BACKEND, "backend.py": BACKEND + INSTANCE}
    ended = run(pep517, {**files, "churn/__init__.py": "", "churn/model.py": ""}, entrypoint="scripts/train.py")
    assert ended.printed == [f"{pep517.base}/code/churn/__init__.py"]


@pytest.mark.parametrize("mark", ["\ufeff"])
def test_a_project_without_a_build_system_has_its_dependencies_installed(pep517: Instance, run: Run, mark: str) -> None:
    """As uv makes it. What builds it is told that there are no modules to look for; these are in the code folder."""
    project = mark + '[project]\nname = "churn"\nversion = "1.0"\ndependencies = ["tiny"]\n'
    files = {"train.py": "import a, b, tiny\nprint(tiny.text)\n", "a.py": "", "b.py": "", "needs-tiny": ""}
    ended = run(pep517, {**files, "pyproject.toml": project}, entrypoint="train.py")
    assert ended.printed == ["of the package"]
    assert ended.lines[0] == "Installing the dependencies of pyproject.toml"
    saw = next((pep517.base.parent / "venv").glob("lib/*/site-packages/saw.txt")).read_text().split("|")[1]
    assert saw == project.lstrip("\ufeff") + "\n[tool.setuptools]\npy-modules = []\n"
    assert (pep517.base / "code" / "pyproject.toml").read_text() == project


# What makes a pyproject.toml that of a package, for the action too.
PYPROJECT = json.loads((Path(__file__).parent.parent / "code" / "pyproject.json").read_text())
NO_PACKAGE, PACKAGE = PYPROJECT["other"], PYPROJECT["package"]


@pytest.mark.parametrize("name", NO_PACKAGE)
def test_a_file_that_configures_tools_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(NO_PACKAGE[name].encode())
    assert package.found(str(tmp_path)) is None
    (tmp_path / "setup.py").write_text(SETUP)
    assert package.found(str(tmp_path)) == "setup.py"


@pytest.mark.parametrize("name", PACKAGE)
def test_a_file_with_a_project_is_one(tmp_path: Path, name: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(PACKAGE[name].encode())
    assert package.found(str(tmp_path)) == "pyproject.toml"


@pytest.mark.parametrize(
    ("text", "beside", "expected"),
    [
        ("[project]\n", (), True),
        ("[project]\n[tool.uv]\n", (), True),
        ("[project]\n[build-system]\n", (), False),
        ("[project]\n[tool.setuptools]\n", (), False),
        ("[project]\n[tool.setuptools.packages.find]\n", (), False),
        ("[build-system]\n", (), False),
        ("[project]\n", ("src",), False),
        ("[project]\n", ("setup.py",), False),
        ("[project]\n", ("setup.cfg",), False),
    ],
)
def test_a_list_of_dependencies(tmp_path: Path, text: str, beside: tuple[str, ...], expected: bool) -> None:
    (tmp_path / "pyproject.toml").write_text(text)
    for name in beside:
        (tmp_path / name).mkdir()
    assert package.is_list_of_dependencies(str(tmp_path)) is expected


def test_a_project_that_came_as_a_dependency_is_whole(tmp_path: Path) -> None:
    code = tmp_path / "ml"
    for name in ("setup.py", "src/churn.py", "src/task_toolkit/x.py", "task_toolkit/x.py", "é/x"):
        (code / name).parent.mkdir(parents=True, exist_ok=True)
        (code / name).write_text("")
    (code / "link").symlink_to("nowhere")
    (code / "folder").symlink_to("src")
    for at, (dependencies, left) in enumerate([(["setup.py", "src"], {"src", "é"}), (["src", "é"], set())]):
        copy = package.copy(str(code), str(tmp_path / f"copy {at}"), dependencies)
        assert {path.name for path in Path(copy).iterdir()} == {"setup.py", "link", "folder", *left}
        assert (Path(copy) / "folder").is_symlink()
    assert (tmp_path / "copy 0" / "code" / "src" / "task_toolkit" / "x.py").exists()


def assert_failed(ended: Ended, first_line: str) -> None:
    assert ended.code == 1
    assert (ended.failure or "").splitlines()[0] == first_line
    assert "never" not in ended.lines
    assert ended.end[1] == len(ended.lines) - 1


def test_a_failure_is_the_reason(pep517: Instance, run: Run) -> None:
    files = {"w.sh": "echo never\n", "setup.py": SETUP, "fail": "no version"}
    assert_failed(run(pep517, files), "setup.py: pip failed with exit code 1: ValueError: no version")


def test_what_it_needs_and_is_not_there_is_the_reason(pep517: Instance, run: Run) -> None:
    pep517.base.parent.joinpath("wheels", "tiny-1.0-py3-none-any.whl").unlink()
    reason = "setup.py: pip failed with exit code 1: ERROR: No matching distribution found for tiny"
    assert_failed(run(pep517, {"w.sh": "echo never\n", "setup.py": SETUP, "needs-tiny": "", **CHURN}), reason)


def test_a_failed_requirement_comes_first(environment: Instance, run: Run) -> None:
    files = {"w.sh": "echo never\n", "setup.py": SETUP, "requirements.txt": "no-such-package-of-ours\n"}
    ended = run(environment, files)
    assert (ended.failure or "").startswith("requirements.txt: pip failed with exit code 1: ")
    assert "Installing the package of setup.py" not in ended.lines


# What pip 22 to 25 print below the output of what builds the package.
HINTS = [
    "note: This error originates from a subprocess, and is likely not a problem with pip.",
    "error: metadata-generation-failed",
    "",
    "\u00d7 Encountered error while generating package metadata.",
    "╰─> See above for output.",
    "",
    "note: This is an issue with the package mentioned above, not pip.",
    "hint: See above for details.",
]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ["      error: Multiple top-level packages: ['a', 'b'].", "      [end of output]", *HINTS],
            "error: Multiple top-level packages: ['a', 'b'].",
        ),
        (
            ["ERROR: No matching distribution found for x", "ERROR: Failed to build 'x' when getting requirements"],
            "ERROR: No matching distribution found for x",
        ),
        (["  error: subprocess-exited-with-error", "last"], "last"),
        ([], "it printed nothing"),
    ],
)
def test_the_line_of_pip_that_says_why(lines: list[str], expected: str) -> None:
    assert failure.pip_error(lines) == expected


def test_a_python_without_pip_is_refused(python: Instance, run: Run) -> None:
    virtual_environment(python, has_pip=False)
    ended = run(python, {"w.sh": "echo never\n", "setup.py": SETUP})
    assert ended.code == 127
    assert (ended.failure or "").startswith("setup.py: the image's Python, ")
    assert "has no pip. Use an image that has it, or remove the file" in (ended.failure or "")


def test_a_file_for_other_tools_needs_no_pip(python: Instance, run: Run) -> None:
    virtual_environment(python, has_pip=False)
    ended = run(python, {"w.sh": "echo fine\n", "pyproject.toml": NO_PACKAGE["other tools"]})
    assert (ended.lines[0], ended.printed) == ("Invoking script with the following command:", ["fine"])


def test_without_python_the_script_runs_and_the_log_says_what_is_missing(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": "echo fine\n", "setup.py": SETUP})
    assert ended.lines[0] == "setup.py: nothing is installed, as this image has no Python of 3.6 or later."
    assert (ended.code, ended.printed) == (0, ["fine"])
