"""A worker of a release: it says which one it runs, walks by that flow, and answers by that release's rules."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from systems.desk.records import Opened
from systems.desk.releases import environment
from tests.support.desks import Receiver, journaled, receiver
from tests.unit.systems.sync.served import serving

LOW = {"ticket": "T-0001", "priority": "low"}


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as made:
        yield made


def walked(folder: Path, outside: Receiver, release: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Walk a ticket in a worker that is started for a release, and return its timeline."""
    for name, value in environment(release).items():
        monkeypatch.setenv(name, value or "")
    with serving(folder, outside) as service:
        service.post(LOW)
        timeline = service.client.get("/tickets/T-0001").get_json()["timeline"]
    (opened,) = [record for record in journaled(folder) if isinstance(record, Opened) and record.role == "worker"]
    assert opened.release == release
    return [f"{entry['step']} {entry['result']}" for entry in timeline]


def test_the_first_release_has_no_name(tmp_path: Path, outside: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    told = walked(tmp_path, outside, "", monkeypatch)
    assert "search_knowledge_base found" in told
    assert not [line for line in told if line.startswith("notify_management")]


def test_a_flow_of_another_release_is_walked(
    tmp_path: Path, outside: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "notify_management done" in walked(tmp_path, outside, "insert_step", monkeypatch)


def test_steps_answer_by_the_rules_of_their_release(
    tmp_path: Path, outside: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "search_knowledge_base matched" in walked(tmp_path, outside, "change_result", monkeypatch)


def test_a_release_that_forgot_a_name_answers_with_the_error_and_keeps_what_was_done(
    tmp_path: Path, outside: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = walked(tmp_path, outside, "forget_step", monkeypatch)
    assert told[-1] == "notify_customer done"
