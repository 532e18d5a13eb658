"""A folder for one measurement, gone with everything in it when that is over."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def own_folder() -> Iterator[Path]:
    """One that the stores' own users can reach, too."""
    with tempfile.TemporaryDirectory(prefix="voicelearn-bench-", ignore_cleanup_errors=True) as above:
        folder = Path(above)
        folder.chmod(0o711)
        yield folder
