"""The receiver as a process: it decides, writes the ledger, then answers."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import urllib3

from systems.desk.live.outbox import Outbox
from systems.desk.model import Priority, Step, StepCall, Ticket, Transient
from systems.desk.rows import LedgerEntry
from tests.support.chaos import wait_for
from tests.support.desks import Receiver, receiver

EFFECT = {"ticket": 7, "step": "notify_customer", "purpose": "solution", "nth": 1, "attempt": "1-1.1"}


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path) as one:
        yield one


@pytest.fixture
def idempotent(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path, "--idempotency") as one:
        yield one


def send(one: Receiver, **changes: object) -> bool:
    status, answer = one.post(msgspec.json.encode({**EFFECT, **changes}))
    assert status == 200
    is_applied: bool = answer["applied"]
    return is_applied


def test_every_effect_is_applied_and_stands_in_the_ledger(plain: Receiver) -> None:
    assert send(plain)
    assert send(plain, attempt="1-1.2")
    first, second = plain.ledger()
    assert first == LedgerEntry(0, first.t, 7, "notify_customer", "solution", 1, "1-1.1", applied=True)
    assert second == LedgerEntry(1, second.t, 7, "notify_customer", "solution", 1, "1-1.2", applied=True)
    assert first.t < second.t


def test_it_tells_how_much_stands_in_the_ledger_and_what_is_not_decided_yet(plain: Receiver) -> None:
    send(plain)
    answer = urllib3.request("GET", f"{plain.url}/ledger", retries=False)
    assert answer.json() == {"lines": 1, "pending": 0}


def test_with_idempotency_a_repeat_is_dropped_and_still_recorded(idempotent: Receiver) -> None:
    assert send(idempotent)
    assert not send(idempotent, attempt="1-1.2")
    assert [(one.attempt, one.applied) for one in idempotent.ledger()] == [("1-1.1", True), ("1-1.2", False)]


@pytest.mark.parametrize("changes", [{"ticket": 8}, {"step": "notify_management"}, {"purpose": "resolved"}, {"nth": 2}])
def test_another_key_is_another_effect(idempotent: Receiver, changes: dict[str, object]) -> None:
    assert send(idempotent)
    assert send(idempotent, **changes)


@pytest.mark.parametrize("body", [b"", b"{}", b"no json", b'{"ticket": "7"}', b"[]"])
def test_what_is_no_effect_is_refused_and_leaves_no_trace(plain: Receiver, body: bytes) -> None:
    status, answer = plain.post(body)
    assert (status, list(answer)) == (400, ["error"])
    assert plain.ledger() == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_ledger_that_cannot_be_written_ends_the_receiver_by_name(tmp_path: Path) -> None:
    with receiver(tmp_path, ledger=Path("/dev/full")) as one:
        with pytest.raises(urllib3.exceptions.HTTPError):
            one.post(msgspec.json.encode(EFFECT))
        assert one.process.wait(10) == 1
    assert "ledger or journal cannot be written: [Errno 28] No space left" in (tmp_path / "receiver.log").read_text()


def test_a_receiver_slower_than_its_sender_takes_the_effect_all_the_same(plain: Receiver) -> None:
    order = msgspec.json.encode({"fault": "1.1", "delay_s": 0.3})
    assert urllib3.request("POST", f"{plain.url}/trouble", body=order, retries=False).status == 200
    sender = Outbox(plain.url, timeout_s=0.1)
    call = StepCall(Ticket(7, Priority.HIGH), Step.NOTIFY_CUSTOMER, 1, "solution", 1, "walk")
    with pytest.raises(Transient, match="the receiver did not answer"):
        sender.send(call, "1-1.1")
    assert plain.ledger() == []
    wait_for(plain.ledger, "the effect is taken late", 10)
    (late,) = plain.ledger()
    assert (late.attempt, late.applied) == ("1-1.1", True)


def test_a_receiver_that_goes_on_with_a_ledger_numbers_on_and_knows_what_came(tmp_path: Path) -> None:
    with receiver(tmp_path, "--idempotency") as first:
        assert send(first)
    with receiver(tmp_path, "--idempotency") as later:
        assert not send(later, attempt="2-1.1")
        assert send(later, nth=2, attempt="2-1.2")
    lines = msgspec.json.Decoder(LedgerEntry).decode_lines((tmp_path / "ledger.jsonl").read_bytes())
    assert [(line.seq, line.applied) for line in lines] == [(0, True), (1, False), (2, True)]
