"""A session's card, `live.json`: where it listens and how to prove that one may ask; only its owner may read it."""

import os
from pathlib import Path

import msgspec

from harness.decoding import UNREADABLE
from harness.errors import UsageInvalid
from systems.desk.live.identity import is_alive, own_proc

NAME = "live.json"
OWN = 0o600


class SessionCard(msgspec.Struct, frozen=True):
    """`proc` is the session's process, its pid with its start time: a pid alone may be another's by now."""

    port: int
    token: str
    proc: str


def write_card(folder: Path, port: int, token: str) -> None:
    """Write the card of this process, readable for its owner alone from the first byte on."""
    fresh = folder / f".{NAME}.fresh"
    fresh.unlink(missing_ok=True)
    fd = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWN)
    with os.fdopen(fd, "wb") as file:
        file.write(msgspec.json.encode(SessionCard(port, token, own_proc())))
    os.replace(fresh, folder / NAME)  # noqa: PTH105 - rename over a file, exactly


def remove_card(folder: Path) -> None:
    """Take the card away: nobody listens any more."""
    (folder / NAME).unlink(missing_ok=True)


def living(folder: Path) -> SessionCard | None:
    """Return the card of the session that runs in this folder; None where none does."""
    try:
        card = msgspec.json.decode((folder / NAME).read_bytes(), type=SessionCard)
    except (OSError, *UNREADABLE):
        return None
    return card if is_alive(card.proc) else None


def find(session: Path | None, out: Path) -> SessionCard:
    """Return the card of the session that is meant: the named one, else the newest in `out`; raises UsageInvalid."""
    if session is not None:
        card = living(session)
        if card is None:
            raise UsageInvalid(f"--session {session}: no session runs there (`chaos live` starts one)")
        return card
    latest = (out / "latest").resolve()
    folders = sorted((path.parent for path in out.glob(f"*/{NAME}")), key=lambda path: path.stat().st_mtime)
    for folder in [*reversed(folders), latest]:
        if card := living(folder):
            return card
    raise UsageInvalid(
        f"{out}: no session runs there: expected one that `chaos live` started (--session names another)"
    )
