"""What is on bare ground: the programs that the README names with the files they need, and any Linux's basic commands.

Everything lies where it lies on this machine, so that no program is surprised; `/usr/bin` leads to all of them.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

NAMED = ("node", "npm", "python3", "git")
# The shell, coreutils, and what else no Linux is without (Debian policy, "Essential packages").
_COMMANDS = """
sh bash env [ test expr true false echo printf cat cp mv rm ln ls mkdir rmdir mktemp touch chmod chown stat du df
head tail tee wc sort uniq tr cut paste comm split seq date sleep timeout nohup nproc id whoami uname hostname basename
dirname realpath readlink pwd tty sync cmp diff grep egrep sed awk find xargs tar gzip gunzip kill which
"""
_BASIC = tuple(_COMMANDS.split())
_LEFT_OUT = shutil.ignore_patterns(
    "site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "turtledemo", "__pycache__", "config-*"
)
_PYTHON = (
    "import json, sys, sysconfig; print(json.dumps([sys.executable, sysconfig.get_path('stdlib'), "
    "sysconfig.get_config_var('WHEEL_PKG_DIR') or '/usr/share/python-wheels']))"
)


class Machine:
    """Copies from this machine to the folder `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._libraries: set[Path] = set()

    def lay_out(self) -> None:
        """The folders that every Linux has; `/bin` and `/lib` are links where they are here."""
        for name in ("usr/bin", "usr/lib", "etc", "proc", "dev", "tmp", "home", "var/tmp"):
            (self._root / name).mkdir(parents=True)
        for name in ("bin", "sbin", "lib", "lib32", "lib64"):
            here = Path("/", name)
            if here.is_symlink():
                (self._root / "usr" / name).mkdir(exist_ok=True)
                (self._root / name).symlink_to(here.readlink())
        for name in ("tmp", "var/tmp"):
            (self._root / name).chmod(0o1777)
        for name in ("ld.so.cache", "nsswitch.conf", "resolv.conf", "hosts", "host.conf", "services", "protocols"):
            if Path("/etc", name).exists():
                shutil.copy(Path("/etc", name), self._root / "etc" / name)

    def add(self, program: str) -> None:
        """A program of `NAMED` or a basic command, at `/usr/bin`. Raises LookupError where this machine has it not."""
        {"node": self._add_node, "npm": self._add_npm, "python3": self._add_python, "git": self._add_git}.get(
            program, self._add_binary
        )(program)

    def add_basics(self) -> None:
        """Of the basic commands those that this machine has; `bash` is not everywhere."""
        for name in _BASIC:
            if shutil.which(name):
                self._add_binary(name)

    def add_file(self, path: Path) -> None:
        """A file under its own path, a link as what it leads to."""
        target = self._at(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.exists():
            shutil.copy(path, target)

    def _at(self, path: Path) -> Path:
        # The root's own links lead to its own folders: `/lib/x` is `ROOT/usr/lib/x` where /lib is a link.
        first, *rest = path.relative_to("/").parts
        top = self._root / first
        return (self._root / top.readlink() if top.is_symlink() else top).joinpath(*rest)

    def _add_binary(self, program: str) -> None:
        real = _real(program)
        self.add_file(real)
        self._add_libraries([real])
        self._link(program, real)

    def _link(self, program: str, real: Path) -> None:
        link = self._root / "usr/bin" / program
        if not link.exists() and not link.is_symlink():
            link.symlink_to(real)

    def _add_node(self, program: str) -> None:
        told = subprocess.run([program, "-p", "process.execPath"], capture_output=True, text=True, check=True).stdout
        real = Path(told.strip()).resolve()
        self.add_file(real)
        self._add_libraries([real])
        self._link(program, real)

    def _add_npm(self, program: str) -> None:
        real = _real(program)
        package = next(folder for folder in real.parents if (folder / "package.json").exists())
        self._add_folder(package)
        self._link(program, real)

    def _add_python(self, program: str) -> None:
        told = subprocess.run([program, "-c", _PYTHON], capture_output=True, text=True, check=True).stdout
        executable, library, wheels = map(Path, json.loads(told))
        real = executable.resolve()
        self.add_file(real)
        self._add_folder(library, _LEFT_OUT)
        if wheels.is_dir():  # of Debian's python3-venv
            self._add_folder(wheels)
        self._add_libraries([real, *library.glob("lib-dynload/*.so")])
        self._link(program, real)

    def _add_git(self, program: str) -> None:
        self._add_binary(program)
        told = subprocess.run([program, "--exec-path"], capture_output=True, text=True, check=True).stdout
        parts = Path(told.strip())
        self._add_folder(parts)
        # Most of them are links to the same few.
        self._add_libraries({path.resolve() for path in parts.iterdir() if path.is_file()})
        templates = Path("/usr/share/git-core/templates")
        if templates.is_dir():
            self._add_folder(templates)

    def _add_folder(self, folder: Path, ignore: Callable[[str, list[str]], set[str]] | None = None) -> None:
        target = self._at(folder)
        if not target.exists():
            shutil.copytree(folder, target, symlinks=True, ignore=ignore)

    def _add_libraries(self, binaries: Iterable[Path]) -> None:
        for library in _libraries([str(path) for path in binaries if _is_binary(path)]):
            if library not in self._libraries:
                self._libraries.add(library)
                self.add_file(library)


def _real(program: str) -> Path:
    found = shutil.which(program)
    if found is None:
        raise LookupError(f"{program} is not on PATH")
    return Path(found).resolve()


def _is_binary(path: Path) -> bool:
    """Whether it is no script, which loads nothing (manual: elf(5))."""
    with path.open("rb") as file:
        return file.read(4) == b"\x7fELF"


def _libraries(binaries: Sequence[str]) -> list[Path]:
    """What the dynamic linker loads for these, itself too (manual: ldd(1))."""
    told = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout
    return [Path(path) for path in dict.fromkeys(re.findall(r"(/\S+\.so\S*) \(0x", told))]


def link_all(folder: Path, without: Sequence[str]) -> None:
    """Links to the same programs, as the whole of a PATH. Raises LookupError where this machine has one not."""
    folder.mkdir(parents=True)
    for name in [*_BASIC, *NAMED]:
        found = shutil.which(name)
        if found is None and name in NAMED:
            raise LookupError(f"{name} is not on PATH")
        if found is not None and name not in without:
            (folder / name).symlink_to(found)
