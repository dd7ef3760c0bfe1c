"""Journals of several boots of the machine, put onto one clock: the last boot's.

Monotonic time begins anew with each boot. A session's folder may be gone on with after one, and then holds journals of
two clocks. Each journal's first record has the wall clock beside, so those of an earlier boot are put where they were
on the last one's clock, before zero.
"""

from pathlib import Path

import msgspec

from harness.decoding import UNREADABLE
from harness.history.model import FoldedRecord
from systems.desk import records

TIMES = ("t", "started", "planned", "since", "until")
"""The fields of records that are times."""
LONGEST_OPENING = 64 * 1024
"""Bytes of a journal that are looked at for its first record, however long a line a broken system left there."""
_decoder = msgspec.json.Decoder(FoldedRecord)


def shifts(paths: list[Path]) -> dict[Path, int]:
    """Return by how much the times of journals of earlier boots are moved; mostly nothing, as there is one boot."""
    files = [path for path in paths if path.is_file()]
    opened = {path: first for path in files if (first := _opened(path)) is not None and first.boot}
    by_boot: dict[str, records.Opened] = {}
    for first in sorted(opened.values(), key=lambda first: first.wall):
        by_boot.setdefault(first.boot, first)
    if len(by_boot) < 2:  # noqa: PLR2004 - the usual: one boot
        return {}
    *_, last = by_boot.values()
    ahead = {boot: first.wall - first.t for boot, first in by_boot.items()}
    return {path: ahead[first.boot] - ahead[last.boot] for path, first in opened.items()}


def _opened(path: Path) -> records.Opened | None:
    """Return a journal's first record."""
    try:
        with path.open("rb") as file:
            first = _decoder.decode(file.readline(LONGEST_OPENING))
    except (OSError, *UNREADABLE):
        return None
    return first if isinstance(first, records.Opened) else None


def shifted(record: FoldedRecord, by: int) -> FoldedRecord:
    """Move every time of a record; one of zero stands for none."""
    moved = {name: at + by for name in TIMES if (at := getattr(record, name, 0))}
    return msgspec.structs.replace(record, **moved)
