"""What went wrong, told without what it went wrong on: an error's own message may hold a person's words or number."""

import traceback
from pathlib import Path

OURS = Path(__file__).parent.parent


def fault(error: BaseException) -> str:
    """The error's type, and where in our code it came up: "KeyError at learning/cards.py:40"."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _is_ours(Path(frame.filename))]
    if not ours:
        return type(error).__name__
    where = Path(ours[-1].filename).relative_to(OURS).as_posix()
    return f"{type(error).__name__} at {where}:{ours[-1].lineno}"


def _is_ours(path: Path) -> bool:
    """Installed packages may lie below our folder, in its environment."""
    return path.is_relative_to(OURS) and "site-packages" not in path.parts
