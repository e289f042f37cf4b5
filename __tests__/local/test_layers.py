"""The layers of the stand-in, read from its import lines: which folder imports which, and that none do in a circle."""

import ast
import graphlib
import sys

import pytest
from conftest import LOCAL

PACKAGE = "sagemaker_local"
ROOT = "__main__"  # the command line, which lies in no folder

# What each folder imports, of those above it only; so there is no circle.
LAYERS = {
    "protocol": "",
    "isolation": "",
    "containers": "isolation",
    "faults": "protocol",
    "tls": "protocol",
    "s3": "protocol",
    "secret_stores": "protocol",
    "iam": "protocol s3 secret_stores",
    "sts": "protocol iam",
    "cloudwatch_logs": "protocol faults",
    "ecr": "protocol faults iam sts",
    "sagemaker": "protocol faults iam",
    "tagging": "protocol sagemaker",
    "events": "protocol faults sagemaker",
    "quotas": "protocol faults sagemaker",
    "pricing": "protocol faults",
    "page": "protocol s3 cloudwatch_logs sagemaker",
    "instances": "protocol isolation containers tls sts cloudwatch_logs sagemaker",
    "training": "isolation containers faults tls s3 iam sts cloudwatch_logs sagemaker instances",
    "server": (
        "protocol isolation containers faults tls s3 iam sts cloudwatch_logs ecr sagemaker tagging events quotas "
        "pricing page instances training"
    ),
    ROOT: "containers faults s3 server",
}
# Processes that run by `python -S`, under `sudo` too: the standard library is all that they have.
ALONE = ["isolation.starter", "isolation.supervisor", "containers.supervisor", "containers.keeper"]


def read_imports():
    """The modules that each module of the package imports, by their full names."""
    sources = {
        ".".join(path.relative_to(LOCAL).with_suffix("").parts).removesuffix(".__init__"): ast.parse(path.read_text())
        for path in sorted((LOCAL / PACKAGE).rglob("*.py"))
    }
    return {module: set(_imported(tree, sources)) for module, tree in sources.items()}


def _imported(tree, modules):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports have full names here"
            for each in node.names:
                whole = f"{node.module}.{each.name}"
                yield whole if whole in modules else node.module


@pytest.fixture(scope="module")
def imports():
    return read_imports()


def folder_of(module):
    """The folder of a module of the package, None of another module and of the package itself."""
    package, _, rest = module.partition(".")
    return rest.partition(".")[0] or None if package == PACKAGE else None


def test_each_folder_imports_what_its_row_names(imports):
    found = {folder: set() for folder in map(folder_of, imports) if folder}
    for module, imported in imports.items():
        if folder_of(module):
            found[folder_of(module)] |= {folder_of(each) for each in imported} - {None, folder_of(module)}
    assert found == {folder: set(row.split()) for folder, row in LAYERS.items()}


def test_a_row_names_rows_above_it_only():
    for number, row in enumerate(LAYERS.values()):
        assert set(row.split()) <= set(list(LAYERS)[:number])


def test_no_files_import_in_a_circle(imports):
    own = {module: imported & imports.keys() - {PACKAGE} for module, imported in imports.items()}
    graphlib.TopologicalSorter(own).prepare()  # raises CycleError, which names the files


@pytest.mark.parametrize("module", ALONE)
def test_a_supervisor_needs_the_standard_library_only(imports, module):
    waiting, reached = [f"{PACKAGE}.{module}"], set()
    while waiting:
        each = waiting.pop()
        reached.add(each)
        waiting += imports.get(each, set()) - reached
    assert {each.partition(".")[0] for each in reached} <= {*sys.stdlib_module_names, PACKAGE}
