"""Where a playbook's files are read from: the package itself, or a folder that somebody edits."""

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from call_flow.playbook.book import Playbook, PlaybookError, Problem
from call_flow.playbook.parsing import KINDS


def read_packaged() -> Playbook:
    """The playbook that came with the program."""
    return read_playbook(None)


def read_playbook(folder: Path | None) -> Playbook:
    """The playbook in a folder, else the packaged one. Raises PlaybookError naming every bad or missing file, line and
    field.
    """
    return Playbook.parse(playbook_files(folder))


def playbook_files(folder: Path | None) -> dict[str, str]:
    """File name → text, of a folder, else of the packaged playbook; what is not there is left out.

    Raises PlaybookError where text is not UTF-8.
    """
    return _texts(folder or resources.files("call_flow.playbook"))


def _texts(folder: Traversable) -> dict[str, str]:
    texts: dict[str, str] = {}
    for name in KINDS:
        file = folder / name
        if file.is_file():
            texts[name] = _text(name, file)
    return texts


def _text(name: str, file: Traversable) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PlaybookError.of([Problem(name, line, "", "not UTF-8")]) from error
