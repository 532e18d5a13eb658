"""Where each server's program is: inside its wheel, else on PATH.

The wheels are never imported: importing some of them starts servers, adds users or costs seconds.
"""

import importlib.util
import shutil
from pathlib import Path

from storage.embedded.errors import StackError


def package_folder(package: str) -> Path | None:
    """The folder of an installed package, without importing it; None when it is not installed."""
    parts = package.split(".")
    try:
        spec = importlib.util.find_spec(parts[0])
    except (ImportError, ValueError):
        return None
    if spec is None or not spec.submodule_search_locations:
        return None
    for root in spec.submodule_search_locations:
        folder = Path(root, *parts[1:])
        if folder.is_dir():
            return folder
    return None


def find_program(name: str, package: str, inside: str, distribution: str, setting: str) -> Path:
    """The program `name`: at `inside` the package's folder, else on PATH.

    StackError names the distribution to install and the setting that would make it needless.
    """
    folder = package_folder(package)
    if folder is not None and (folder / inside).is_file():
        return folder / inside
    found = shutil.which(name)
    if found is not None:
        return Path(found).resolve()
    raise StackError(
        f"no {name} found: install the package {distribution}, put {name} on PATH, "
        f"or name a running server in {setting}"
    )
