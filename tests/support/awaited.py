"""Tests that are coroutines, each in a loop of its own."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


def awaited(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a coroutine test to its end."""

    def run() -> None:
        asyncio.run(test())

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run
