"""What a scenario says of a system that harms its record."""

from typing import Annotated

from systems.desk.units import meaning
from systems.sync.settings import SyncSettings


class HarmSettings(SyncSettings, frozen=True):
    harm: Annotated[str, meaning("what it does to the record")] = "a note of its own"
