"""The package at the code's root: whether there is one, and the copy of it that pip builds.

pip builds where the sources are: https://pip.pypa.io/en/stable/cli/pip_install/#local-project-installs. What it leaves
there, build/ and *.egg-info, has no place in the working directory of the script. And setuptools, which looks for
packages itself where the project names none, refuses a project with more than one at its root, which the folders that
the action adds would be: https://setuptools.pypa.io/en/latest/userguide/package_discovery.html#flat-layout
"""

import os
import re
import shutil
from codecs import BOM_UTF8
from typing import Iterable, List, Optional, Set

from task_toolkit.process import encoded

REQUIREMENTS = "requirements.txt"
SETUP = "setup.py"
PYPROJECT = "pyproject.toml"
OF_THE_ACTION = ("task_toolkit", "worker_toolkit")
# Python has a parser for TOML from 3.11 on only.
STRINGS = re.compile(r'"""(?:\\.|[^\\])*?"""|' + r"'''.*?'''", re.DOTALL)
# Says setuptools that there are no modules to look for.
NO_MODULES = b"\n[tool.setuptools]\npy-modules = []\n"


def has_requirements(code: str) -> bool:
    """Whether there is a list of what the code depends on."""
    return os.path.exists(os.path.join(code, REQUIREMENTS))


def found(code: str) -> Optional[str]:
    """The file by which pip builds the package; None if the code has no such file.

    AWS's toolkit looks for setup.py alone. A pyproject.toml that only configures other tools is no package's.
    """
    if _tables(code) & {"build-system", "project"}:
        return PYPROJECT
    return SETUP if os.path.isfile(os.path.join(code, SETUP)) else None


def copy(code: str, folder: str, dependencies: Iterable[str]) -> str:
    """A copy in `folder` without what the action put beside the project: its toolkit, and the folders of the input
    `dependencies`, unless the project itself came by that input.
    """
    beside = set(dependencies)
    if beside & {SETUP, PYPROJECT}:
        beside = set()
    left_out = {encoded(name) for name in beside.union(OF_THE_ACTION)}
    target = os.path.join(folder, "code")

    def ignored(parent: str, names: List[str]) -> Set[str]:
        return {name for name in names if os.fsencode(name) in left_out} if parent == code else set()

    shutil.copytree(code, target, symlinks=True, ignore=ignored)
    return target


def prepare(copied: str) -> bool:
    """Make the copy one that pip builds; whether only what it depends on is installed.

    pip's parser for TOML refuses a byte order mark.
    """
    path = os.path.join(copied, PYPROJECT)
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        text = file.read()
    only_dependencies = is_list_of_dependencies(copied)
    mended = text[len(BOM_UTF8) :] if text.startswith(BOM_UTF8) else text
    if only_dependencies:
        mended += NO_MODULES
    if mended != text:
        with open(path, "wb") as file:
            file.write(mended)
    return only_dependencies


def is_list_of_dependencies(code: str) -> bool:
    """Whether what the project depends on is all that is to be installed: it has no [build-system], as an application
    that uv manages, and its modules are at the code's root, from where they are imported anyway. setuptools, which
    builds such a project for pip, refuses it where it has several modules.
    """
    tables = _tables(code)
    others = (SETUP, "setup.cfg", "src")
    return (
        "project" in tables
        and tables.isdisjoint({"build-system", "tool.setuptools"})
        and not any(os.path.exists(os.path.join(code, name)) for name in others)
    )


def _tables(code: str) -> Set[str]:
    """Those tables of pyproject.toml that matter here; a table `[project.urls]` is one of `project` too."""
    path = os.path.join(code, PYPROJECT)
    if not os.path.isfile(path):
        return set()
    with open(path, encoding="utf-8-sig", errors="replace") as file:
        text = STRINGS.sub('""', file.read())
    headers = re.findall(r"^[ \t]*\[{1,2}([^\]#\n]+)\]", text, re.MULTILINE)
    names = {re.sub(r"[\s\"']", "", header) for header in headers}
    return {
        table
        for table in ("build-system", "project", "tool.setuptools")
        if any(name == table or name.startswith(table + ".") for name in names)
    }
