"""Scripts as Windows writes them: lines that end with CR LF, byte order marks. They are mended in the instance's copy.

A kernel looks for an interpreter of the name `bash\\r`, and a shell for a command `true\\r`. The archive has the files
as they are in the repository. Python and pip read such texts themselves.
"""

import os
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from typing import Iterator, List, Optional

from task_toolkit.command import RUN_SCRIPT, shown
from task_toolkit.package import OF_THE_ACTION

# Bytes of a first line in which a shebang is looked for; the kernel reads 256.
SHEBANG = 256
# Names that are shown.
SHOWN = 5


def mend(code: str) -> List[str]:
    """Mends the shell scripts in the folder, and other files whose shebang is Windows'; their paths, sorted."""
    mended = sorted(os.fsencode(os.path.relpath(path, code)) for path in _files(code) if _mended(path))
    return [path.decode("utf-8", "replace") for path in mended]


def report(paths: List[str]) -> str:
    """The log's line about them."""
    names = ", ".join('the "run" lines' if path == RUN_SCRIPT else shown([path]) for path in paths[:SHOWN])
    more = " and {} more".format(len(paths) - SHOWN) if len(paths) > SHOWN else ""
    return "Windows line ends or a byte order mark, which no shell reads, were taken out of {}{}".format(names, more)


def _files(code: str) -> Iterator[str]:
    """The user's, of the folder itself: what a link leads to may be anywhere.

    The action's own have arguments in them, job.sh, which are data.
    """
    run_script = os.path.join(code, RUN_SCRIPT)
    if os.path.exists(run_script):
        yield run_script
    for folder, folders, names in os.walk(code):
        if folder == code:
            folders[:] = [name for name in folders if name not in OF_THE_ACTION]
        for name in names:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def _mended(path: str) -> bool:
    with open(path, "rb") as file:
        first = file.read(SHEBANG)
        if not path.endswith((".sh", ".bash")) and not _is_windows_shebang(first):
            return False
        text = first + file.read()
    mended = _linux(text)
    if mended is None or mended == text:
        return False
    with open(path, "wb") as file:
        file.write(mended)
    return True


def _is_windows_shebang(first: bytes) -> bool:
    if first.startswith(BOM_UTF8):
        return first.startswith(BOM_UTF8 + b"#!")
    return first.startswith(b"#!") and first.split(b"\n")[0].endswith(b"\r")


def _linux(text: bytes) -> Optional[bytes]:
    """None for what is no text, as an archive behind a script."""
    if text.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        try:
            text = text.decode("utf-16").encode("utf-8")
        except UnicodeError:
            return None
    if text.startswith(BOM_UTF8):
        text = text[len(BOM_UTF8) :]
    return None if b"\0" in text else text.replace(b"\r\n", b"\n")
