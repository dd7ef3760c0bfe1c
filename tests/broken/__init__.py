"""Planted systems: each a bundled one with one bug, as teams have made it; they judge whether the harness sees it.

They are reached as any package's system is: `installed/` on the path makes the entry points known, and a block of a
scenario names one. A file a bug: it is the system's module and its worker's.
"""

from typing import cast

import msgspec

from systems.registry import Registration
from systems.settings import SystemSettings
from systems.sync.settings import SyncSettings


def planted(slug: str, base: type[msgspec.Struct] = SyncSettings, package: str = __name__) -> Registration:
    """Register the system in a package's module of that name, with the settings of the one that it is built on."""
    name = slug.title().replace("-", "")
    settings = msgspec.defstruct(name, (), bases=(base,), frozen=True, tag=False)
    return Registration(cast("type[SystemSettings]", settings), f"{package}.{slug.replace('-', '_')}")


ACKNOWLEDGES_EARLY = planted("acknowledges-early")
KEEPS_DEAD_LOCKS = planted("keeps-dead-locks")
NEW_KEY_A_TRY = planted("new-key-a-try")
COARSE_KEY = planted("coarse-key")
REMEMBERS_THE_LAST = planted("remembers-the-last")
IGNORES_A_FAILED_FIX = planted("ignores-a-failed-fix")
FORGETS_TO_COMMIT = planted("forgets-to-commit")
SAVES_THE_WHOLE_ROW = planted("saves-the-whole-row")
LOOKS_THEN_TAKES = planted("looks-then-takes")
INSERTS_BEFORE_IT_LOOKS = planted("inserts-before-it-looks")
SAYS_RESOLVED = planted("says-resolved")
CARRIES_ON = planted("carries-on")
MARKS_AS_PAUSED = planted("marks-as-paused")
BUILT_WITHOUT_POINTS = planted("built-without-points")
READY_BEFORE_IT_SERVES = planted("ready-before-it-serves")
OPEN_CIRCUIT = planted("open-circuit")
HASTY_GATEWAY = planted("hasty-gateway")
