"""The feed: whoever comes back gets the present, and only what changed since they were here."""

import asyncio
import json
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.live import board as boards
from harness.live.event_log import EventLog, Sentence
from harness.live.feed import Feed
from harness.live.session import Session
from systems.desk.model import Priority
from systems.desk.rows import AuditRow
from tests.unit.live.test_board import SECOND, Worker, board, planned


class Stage:
    """A session with one column, of which only what is shown is there."""

    def __init__(self, folder: Path) -> None:
        self.board = board()
        self.log = EventLog(folder / "log.jsonl", 0)
        block = SimpleNamespace(system="sync", settings={})
        column = SimpleNamespace(
            label="one",
            board=self.board,
            phase="load",
            states={},
            assembly=SimpleNamespace(block=block),
            is_ready=asyncio.Event(),
            tiles=list,
            read_costs=lambda _: None,
        )
        base = SimpleNamespace(name="quick", description="")
        session = SimpleNamespace(
            columns=[column],
            log=self.log,
            seconds=lambda moment=0: moment / SECOND,
            folder=folder,
            deeds=SimpleNamespace(base=base),
            scribe=SimpleNamespace(meta=SimpleNamespace(run_id="r")),
            seed=1,
            stopping=asyncio.Event(),
            save_to=None,
        )
        self.session = cast("Session", session)
        self.feed = Feed(self.session)

    def publish(self) -> None:
        asyncio.run(self.feed.publish())

    def since(self, name: str) -> dict[str, Any]:
        at = self.feed.position_of(name)
        assert at is not None
        change: dict[str, Any] = json.loads(self.feed.since(at))
        return change

    def here(self) -> str:
        return self.feed.id_of(self.feed.position())


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    made.publish()
    yield made
    made.log.close()


def test_the_whole_state_has_the_newest_ticket_first(stage: Stage) -> None:
    stage.board.sent(planned(2), "Ada", "site is down", 0)
    stage.publish()
    whole = json.loads(stage.feed.whole())
    assert [row["id"] for row in whole["systems"][0]["tickets"]] == ["T-0002", "T-0001"]
    assert whole["systems"][0]["phase"] == "load"


def test_only_what_changed_since_is_sent(stage: Stage) -> None:
    stage.board.sent(planned(2), "Ada", "site is down", 0)
    stage.publish()
    before = stage.here()
    Worker(stage.board).begins("assign_agent", 1.0, ticket=2)
    stage.publish()
    change = stage.since(before)
    assert [row["id"] for row in change["systems"]["one"]["tickets"]] == ["T-0002"]
    assert "session" not in change
    assert "log" not in change
    assert "systems" not in stage.since(stage.here())


def test_a_process_that_died_is_shown_at_once(stage: Stage) -> None:
    (column,), tiles = stage.session.columns, [{"state": "alive"}]
    column.tiles = lambda: tiles  # type: ignore[method-assign]
    before = stage.here()
    stage.publish()
    assert "systems" not in stage.since(before)  # a second has not passed
    tiles, column.states["w0"] = [{"state": "dead"}], "dead"
    stage.publish()
    assert stage.since(before)["systems"]["one"]["processes"] == [{"state": "dead"}]


def test_a_row_that_was_touched_and_is_the_same_is_no_change(stage: Stage) -> None:
    before = stage.here()
    stage.board.client(1, 0, 0)
    stage.publish()
    assert stage.here() == before


def test_one_that_slept_gets_each_ticket_once_however_often_it_changed(stage: Stage) -> None:
    before, worker = stage.here(), Worker(stage.board)
    for n in range(50):
        worker.ends(worker.begins("assign_agent", n + 1.0), n + 1.5, error="Transient")
        stage.log.add(Sentence(n, "step", f"line {n}"))
        stage.publish()
    change = stage.since(before)
    (row,) = change["systems"]["one"]["tickets"]
    assert row["attempts"] == 50
    assert [line["said"] for line in change["log"]] == [f"line {n}" for n in range(50)]


def test_a_ticket_that_is_shown_no_longer_is_named(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "SHOWN", 1)
    before = stage.here()
    stage.board.row(AuditRow(1, "tickets", "1", 1, 2, 1, "w", SECOND, "resolved"))
    stage.board.sent(planned(2), "Ada", "site is down", 0)
    stage.publish()
    assert stage.since(before)["systems"]["one"]["gone"] == [1]


@pytest.mark.parametrize("name", ["", "x-1-1", "no position", "{feed}-a-b", "{feed}-0"])
def test_a_position_of_elsewhere_is_none(stage: Stage, name: str) -> None:
    assert stage.feed.position_of(name.replace("{feed}", stage.feed.id)) is None


def test_hostile_text_stays_text_of_json(stage: Stage) -> None:
    hostile = '</script><img src=x onerror=alert(1)>\n\ndata: {"x": 1}'
    stage.board.sent(planned(2), hostile, hostile, 0)
    stage.publish()
    whole = stage.feed.whole()
    assert b"\n" not in whole  # or an event would end in the middle of it
    assert json.loads(whole)["systems"][0]["tickets"][0]["issue"] == hostile


def test_the_log_is_cut_in_memory_and_whole_on_disk(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log.jsonl", 0, kept=3)
    for n in range(10):
        log.add(Sentence(n, "step", str(n)), "one")
    assert [line.n for line in log.since(0)] == [8, 9, 10]
    assert [json.loads(line)["n"] for line in (tmp_path / "log.jsonl").read_text().splitlines()] == list(range(1, 11))
    log.close()
    with closing(EventLog(tmp_path / "log.jsonl", 0)) as later:
        assert later.add(Sentence(0, "session", "again")).n == 11


def test_memory_stays_flat_however_many_tickets_come_and_go(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boards, "SHOWN", 50)

    def work(numbers: range) -> None:
        worker = Worker(stage.board)
        for number in numbers:
            stage.board.sent(planned(number, Priority.LOW), "Ada", "site is down", number)
            worker.ends(worker.begins("send_auto_response", number, ticket=number), number, result="done")
            stage.board.row(AuditRow(1, "tickets", str(number), 1, 2, 1, "w", number, "resolved"))
            for sentence in stage.board.take_sentences():
                stage.log.add(sentence)
            if number % 100 == 0:
                stage.publish()

    work(range(2, 3000))
    tracemalloc.start()
    try:
        work(range(3000, 4000))
        before = tracemalloc.get_traced_memory()[0]
        work(range(4000, 7000))
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 200_000  # 3,000 tickets of which each has a kilobyte of row alone
