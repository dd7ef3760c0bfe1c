"""The systems that can be compared, by name. A third one is a folder and two lines here."""

from collections.abc import Callable
from importlib import import_module

from systems.desk.config import WorkerSpec
from systems.sync.settings import SyncSettings
from systems.system import Place, Spawner, System
from systems.temporal.settings import TemporalSettings

SETTINGS: dict[str, type[SyncSettings | TemporalSettings]] = {
    "sync": SyncSettings,
    "temporal": TemporalSettings,
}


def build(name: str) -> Callable[[WorkerSpec, Place, Spawner], System]:
    """Return the factory of a system; its module, and all it needs, is imported only here."""
    factory: Callable[[WorkerSpec, Place, Spawner], System] = import_module(f"{__package__}.{name}.system").build
    return factory
