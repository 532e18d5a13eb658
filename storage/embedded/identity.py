"""As whom a server runs that refuses to be root.

Only files of the server's own folder change hands; the modes of folders that others made are left alone.
"""

import os
import pwd
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from storage.embedded.errors import StackError


@dataclass(frozen=True)
class Identity:
    """How to start a program as somebody: words before its command line, and options of Popen."""

    owner: int
    group: int
    prefix: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def adopt(self, folder: Path) -> None:
        """Give the folder and all in it to this owner."""
        if os.geteuid() != 0:
            return
        for path in (folder, *folder.rglob("*")):
            if path.lstat().st_uid != self.owner:
                os.chown(path, self.owner, self.group, follow_symlinks=False)


def _open_to_others(path: Path) -> bool:
    """Whether anybody may pass through every folder above this path."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def unprivileged(folder: Path, program: Path) -> Identity:
    """An identity other than root's that can use `folder` and run `program`: the process's own if not root.

    Root becomes `nobody` where the way to both is open to it, else root in a user namespace where it is
    called `nobody`. StackError when neither can be.
    """
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid())
    nobody = pwd.getpwnam("nobody")
    if _open_to_others(folder) and _open_to_others(program):
        options = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        return Identity(nobody.pw_uid, nobody.pw_gid, options=options)
    unshare = shutil.which("unshare")
    if unshare is None:
        raise StackError(
            f"{program.name} refuses to run as root, and the user nobody cannot reach {folder} or {program}: "
            "open the folders above them (chmod o+x), choose another folder, or run as an ordinary user"
        )
    mapped = (f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
    return Identity(0, 0, prefix=(unshare, "--user", *mapped, "--"))
