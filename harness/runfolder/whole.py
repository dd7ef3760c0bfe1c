"""A file that is there whole or not at all, however its writer ends and however full the disk is."""

import contextlib
from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Put a file in place, or in the place of the one before, in one step; raises OSError and leaves that as it was."""
    draft = path.with_name(f".{path.name}.part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
