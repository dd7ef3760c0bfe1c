"""What the service answers, and leaves behind, where its store does not answer."""

from pathlib import Path
from typing import Any

import pytest

from systems.desk.live.store import Store, StoreUnreachable
from systems.sync.settings import SyncSettings
from tests.support.desks import Receiver
from tests.unit.systems.sync.served import LOW, MEDIUM, serving


def out_of_reach(*_: Any, **__: Any) -> Any:
    raise StoreUnreachable("it does not answer")


def test_a_store_that_is_out_of_reach_at_the_door_may_have_taken_the_ticket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Store, "insert_ticket", out_of_reach)
    with serving(tmp_path, None) as service:
        status, body = service.post(LOW)
    assert (status, body["accepted"]) == (504, False)


def test_a_step_is_retried_whose_store_was_out_of_reach(
    tmp_path: Path, outside: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks, look = iter([out_of_reach] * 2), Store.is_pause_wanted

    def is_pause_wanted(store: Store, number: int) -> bool:
        return bool(next(looks, look)(store, number))

    monkeypatch.setattr(Store, "is_pause_wanted", is_pause_wanted)
    with serving(tmp_path, outside, settings=SyncSettings(retries=2)) as service:
        assert service.post(LOW) == (200, {"ticket": "T-0001", "state": "resolved"})


def test_a_broken_walk_that_could_not_be_freed_is_freed_with_the_next_request(
    tmp_path: Path, outside: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path, outside) as service:
        with monkeypatch.context() as away:
            for name in ("is_pause_wanted", "hand_over"):
                away.setattr(Store, name, out_of_reach)
            status, body = service.post(LOW)
            assert (status, body["state"]) == (500, "failed")
            assert service.post(MEDIUM | {"ticket": "T-0002"})[0] == 504
        left = service.store.read(1)
        assert left is not None
        assert left.walker
        assert service.post(MEDIUM | {"ticket": "T-0003"})[0] == 200
        freed = service.store.read(1)
        assert freed is not None
        assert freed.walker == ""
