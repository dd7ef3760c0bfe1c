"""The receiver breaks: it forgets what it was sent, or what it had, or writes down what nobody sent."""

from harness.execution.receiver import Arriving, Ledger
from tests.broken.harness.broken_part import FAILED, RECEIVER, UNKNOWN, BrokenPart, put
from tests.broken.harness.loads import IDEMPOTENT

HIT = 3
_take = Ledger.take


def drops_a_line() -> None:
    lost: list[Arriving] = []

    def take(self: Ledger, effect: Arriving) -> bool:
        if effect.ticket == HIT and not lost:
            lost.append(effect)
            self.lines += 1
            return True
        return _take(self, effect)

    put(Ledger, "take", take)


def answers_without_writing() -> None:
    skipped: list[Arriving] = []

    def take(self: Ledger, effect: Arriving) -> bool:
        if effect.ticket == HIT and not skipped:
            skipped.append(effect)
            return True
        return _take(self, effect)

    put(Ledger, "take", take)


def writes_a_line_twice() -> None:
    def take(self: Ledger, effect: Arriving) -> bool:
        is_applied = _take(self, effect)
        if effect.ticket == HIT:
            _take(self, effect)
        return is_applied

    put(Ledger, "take", take)


def forgets_its_keys() -> None:
    def take(self: Ledger, effect: Arriving) -> bool:
        put(self, "_keys", set())
        return _take(self, effect)

    put(Ledger, "take", take)


def drops_what_is_new() -> None:
    def take(self: Ledger, effect: Arriving) -> bool:
        key = (effect.ticket, effect.step, effect.purpose, effect.nth)
        put(self, "_keys", {key} if effect.ticket == HIT else set())
        put(self, "_is_idempotent", True)  # noqa: FBT003 - a flag of the receiver
        return _take(self, effect)

    put(Ledger, "take", take)


PARTS = (
    BrokenPart(
        "the receiver loses a line", drops_a_line, UNKNOWN, {"journal_intact": "unknown"}, "has a gap", RECEIVER
    ),
    BrokenPart(
        "the receiver answers and writes nothing",
        answers_without_writing,
        UNKNOWN,
        {"journal_intact": "unknown"},
        "has no line in the ledger",
        RECEIVER,
    ),
    BrokenPart(
        "the receiver writes a line twice", writes_a_line_twice, FAILED, {"conservation": "invalid"}, "twice", RECEIVER
    ),
    BrokenPart(
        "the receiver forgets its keys",
        forgets_its_keys,
        FAILED,
        {"conservation": "invalid"},
        "receiver",
        RECEIVER,
        IDEMPOTENT,
    ),
    BrokenPart(
        "the receiver drops what it never had",
        drops_what_is_new,
        FAILED,
        {"conservation": "invalid"},
        "receiver",
        RECEIVER,
    ),
)
