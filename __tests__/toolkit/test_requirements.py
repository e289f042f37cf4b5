"""requirements.txt, without any network."""

import zipfile
from pathlib import Path

import pytest
from conftest import Run, virtual_environment
from instance import Instance

NO_NETWORK = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore"}


def wheel(path: Path, name: str = "tiny") -> None:
    """A package of one module, as small as pip takes it."""
    info = f"{name}-1.0.dist-info"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", "text = 'of the package'\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


@pytest.mark.parametrize(
    ("entrypoint", "script"),
    [("w.py", "import tiny\nprint(tiny.text)\n"), ("w.sh", "python3 -c 'import tiny; print(tiny.text)'\n")],
)
def test_they_are_installed_whatever_the_entrypoint(python: Instance, run: Run, entrypoint: str, script: str) -> None:
    target = python.base.parent / "target"
    python.environment.update(NO_NETWORK, PIP_TARGET=str(target), PYTHONPATH=str(target))
    wheel(python.base / "code" / "packages" / "tiny-1.0-py3-none-any.whl")
    files = {
        entrypoint: script,
        "requirements.txt": "# ours\n./packages/tiny-1.0-py3-none-any.whl\n",
        # Not what pip means by these names.
        "select.py": "raise RuntimeError\n",
        "typing.py": "raise RuntimeError\n",
    }
    for name in ("select.py", "typing.py"):
        if entrypoint == "w.py":
            del files[name]
    ended = run(python, files, entrypoint=entrypoint)
    assert ended.printed == ["of the package"]
    assert ended.lines[0] == "Installing requirements.txt"
    assert ended.end[1] == len(ended.lines) - 1


def test_a_failure_is_the_reason(python: Instance, run: Run) -> None:
    python.environment.update(NO_NETWORK)
    ended = run(python, {"w.sh": "echo never\n", "requirements.txt": "no-such-package-of-ours==1\n"})
    assert ended.code == 1
    assert ended.failure is not None
    assert ended.failure.startswith("requirements.txt: pip failed with exit code 1: ")
    assert "no-such-package-of-ours" in ended.failure.splitlines()[0]
    assert "never" not in ended.lines
    assert ended.end[1] == len(ended.lines) - 1


def test_a_python_without_pip_is_refused(python: Instance, run: Run) -> None:
    virtual_environment(python, has_pip=False)
    ended = run(python, {"w.py": "print('never')\n", "requirements.txt": "x\n"})
    assert ended.code == 127
    assert ended.failure is not None
    assert ended.failure.startswith("requirements.txt: the image's Python, ")
    assert "has no pip. Use an image that has it" in ended.failure


def test_an_image_without_python_is_refused(shell: Instance, run: Run) -> None:
    ended = run(shell, {"w.sh": "echo never\n", "requirements.txt": "x\n"})
    assert ended.code == 127
    assert ended.failure is not None
    assert ended.failure.startswith("requirements.txt needs Python")
    assert "never" not in ended.lines
