"""Looks for a free agent first and takes them later, in two transactions: two tickets get the same one."""

from typing import Any

from systems.desk.config import Locking
from systems.desk.live.store import Store
from tests.broken.building import on_sync, serving


class LooksThenTakes(Store):
    def __init__(self, url: str, locking: Locking) -> None:
        super().__init__(url, locking)
        self._unguarded = Store(url, "none")

    def take_agent(self, *arguments: Any, **options: Any) -> str | None:
        return self._unguarded.take_agent(*arguments, **options)


build = on_sync(__name__)
main = serving(store=LooksThenTakes)
