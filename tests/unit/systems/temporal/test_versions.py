"""Worker versions: which release a worker is, and how the engine's current one is set."""

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import msgspec
import pytest
from temporalio.client import Client
from temporalio.common import VersioningBehavior
from temporalio.service import RPCError, RPCStatusCode

from systems.system import SystemUnavailable
from systems.temporal import versions
from systems.temporal.settings import TemporalSettings
from systems.temporal.versions import deployment, set_current

NOT_FOUND, UNKNOWN = RPCStatusCode.NOT_FOUND, RPCStatusCode.UNKNOWN


class Engine:
    """Answers one error after the other, then takes what it is asked."""

    namespace, identity = "default", "one"

    def __init__(self, errors: Sequence[RPCStatusCode]) -> None:
        self._errors = list(errors)
        self.workflow_service = self
        self.asked: list[Any] = []

    async def set_worker_deployment_current_version(self, request: Any, *, retry: bool) -> None:
        assert retry
        self.asked.append(request)
        if self._errors:
            raise RPCError("no such thing", self._errors.pop(0), b"")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "ASKED_EVERY_S", 0.0)


def is_set(engine: Engine, release: str) -> None:
    asyncio.run(set_current(cast("Client", engine), "temporal-1a2b-", release))


def test_it_is_asked_again_until_the_engine_has_heard_of_the_workers() -> None:
    engine = Engine([NOT_FOUND, UNKNOWN, NOT_FOUND])
    is_set(engine, "insert_step")
    last = engine.asked[-1]
    assert (len(engine.asked), last.deployment_name, last.build_id) == (4, "temporal-1a2b", "insert_step")


def test_the_first_release_has_a_name_there() -> None:
    engine = Engine([])
    is_set(engine, "")
    assert engine.asked[0].build_id == "first"


def test_an_engine_that_has_no_such_thing_is_refused_with_its_reason() -> None:
    with pytest.raises(SystemUnavailable, match=r"^the engine cannot version workers: UNIMPLEMENTED: no such thing$"):
        is_set(Engine([RPCStatusCode.UNIMPLEMENTED]), "")


def test_one_that_never_hears_of_them_is_given_up_with_its_last_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "CURRENT_DEADLINE_S", 0.05)
    with pytest.raises(SystemUnavailable, match=r"within 0\.05 s: NOT_FOUND: no such thing$"):
        is_set(Engine([NOT_FOUND] * 1_000_000), "")


@pytest.mark.parametrize(
    ("versioning", "behavior"),
    [
        ("none", None),
        ("patched", None),
        ("pinned", VersioningBehavior.PINNED),
        ("auto_upgrade", VersioningBehavior.AUTO_UPGRADE),
    ],
)
def test_a_worker_has_a_version_where_the_engine_is_to_know_it(
    versioning: str, behavior: VersioningBehavior | None
) -> None:
    made = deployment(msgspec.convert({"versioning": versioning}, TemporalSettings), "q-", "insert_step")
    assert (made and made.default_versioning_behavior) == behavior
    assert made is None or (made.version.deployment_name, made.version.build_id) == ("q", "insert_step")
