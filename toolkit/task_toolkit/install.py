"""pip installs what the code's root asks for: requirements.txt, and the package of a pyproject.toml or setup.py.

What AWS's sagemaker-training 5.1 installs (modules.install, modules.install_requirements), for every kind of start.
"""

import importlib.util
import os
import shutil
import sys
import tempfile
from typing import Dict, List, Optional

from task_toolkit import code_artifact, failure, package, process
from task_toolkit.job import Job
from task_toolkit.output import Output
from task_toolkit.package import REQUIREMENTS
from task_toolkit.reported import refuse, run_reported

# As `python -m pip`, but with the working directory last on the path: the user's select.py is not what pip means.
PIP = "import runpy, sys; sys.path.append(sys.path.pop(0)); runpy.run_module('pip', None, '__main__', True)"


def install(job: Job, output: Output, signals: process.Signals) -> int:
    """Requirements, then the package, which finds what it depends on there already. The exit code of what failed.

    For code that has one of them.
    """
    has_requirements = package.has_requirements(job.code)
    project = package.found(job.code)
    if importlib.util.find_spec("pip") is None:
        first = REQUIREMENTS if has_requirements else project
        reason = "{}: the image's Python, {}, has no pip.".format(first, sys.executable)
        remedy = "Use an image that has it, or remove the file from the code, as by a line in .sagemakerignore."
        return refuse(reason, remedy, job, output)
    try:
        variables = _variables(output)
    except code_artifact.NoIndexError as missing:
        return refuse(missing.reason, missing.remedy, job, output)
    code = 0
    if has_requirements:
        output.say("Installing " + REQUIREMENTS)
        code = _pip(REQUIREMENTS, ["-r", REQUIREMENTS], job, variables, output, signals)
    if code == 0 and project is not None:
        code = _install_package(project, job, variables, output, signals)
    return code


def _install_package(
    project: str, job: Job, variables: Dict[str, str], output: Output, signals: process.Signals
) -> int:
    folder = tempfile.mkdtemp()
    try:
        copy = package.copy(job.code, folder, job.dependencies)
        what = "the dependencies" if package.prepare(copy) else "the package"
        output.say("Installing {} of {}".format(what, project))
        return _pip(project, [copy], job, variables, output, signals)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _pip(
    name: str, what: List[str], job: Job, variables: Dict[str, str], output: Output, signals: process.Signals
) -> int:
    words = [sys.executable, "-E", "-u", "-c", PIP, "install", "--disable-pip-version-check", *what]
    return run_reported(name + ": pip", words, job, variables, output, signals, failure.pip_error)


def _variables(output: Output) -> Dict[str, str]:
    """The container's environment. Without PYTHONPATH, which pip itself does not read (-E), but what it starts would:
    it often names the code folder, where a file called like a module of Python's may lie.
    """
    variables = dict(os.environ)
    variables.pop("PYTHONPATH", None)
    index = _index(output)
    return variables if index is None else dict(variables, PIP_INDEX_URL=index)


def _index(output: Output) -> Optional[str]:
    arn = os.environ.get(code_artifact.VARIABLE)
    if not arn:
        return None
    output.say("Packages come from CodeArtifact: " + arn)
    return code_artifact.index_url(arn)
