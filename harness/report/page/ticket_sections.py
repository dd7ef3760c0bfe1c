"""The tickets of a page: lists of them by what befell them, and the stories that the lists lead to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.catalogue import LISTINGS
from harness.explaining.ticket_history import Trace
from harness.explaining.timeline import Picture
from harness.text import printable
from systems.desk.model import ticket_id

Pictures = Mapping[str, Mapping[int, Picture]]
"""Every system's repetitions, by label and number."""

NUMBERS = 500
"""How many ticket numbers a list names."""
CLASSES = {name: listing.words for name, listing in LISTINGS.items()}
"""The lists of tickets, by the figure that counts them."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The tickets of a list in one repetition: those with a story on the page, and the numbers of the others."""

    repetition: int
    with_story: tuple[tuple[str, str], ...]
    without_story: tuple[str, ...]
    unnamed: int


@dataclass(frozen=True, slots=True)
class TicketList:
    """The tickets that one figure of a system counts."""

    anchor: str
    metric: str
    words: str
    label: str
    count: int
    repetitions: tuple[Numbers, ...]


@dataclass(frozen=True, slots=True)
class TicketStory:
    """A ticket's story with the anchor that lists lead to, and the anchors of the same ticket elsewhere."""

    anchor: str
    name: str
    trace: Trace
    elsewhere: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Stories:
    """The stories of one repetition of a system; in `wrong` of them something is not as it should be."""

    where: str
    stories: tuple[TicketStory, ...]
    wrong: int


def tickets(pictures: Pictures) -> dict[str, Any]:
    """Return the page's lists of tickets, the stories that they lead to, and how many are left out."""
    listings = [
        _listing(metric, label, of_label)
        for label, of_label in pictures.items()
        for metric in CLASSES
        if any(picture.affected.get(metric) for picture in of_label.values())
    ]
    groups = [
        _stories(pictures, label, number, picture)
        for label, of_label in pictures.items()
        for number, picture in of_label.items()
        if picture.stories
    ]
    count = sum(len(group.stories) for group in groups)
    known = sum(
        len({ticket for many in picture.affected.values() for ticket in many})
        for of_label in pictures.values()
        for picture in of_label.values()
    )
    return {"listings": listings, "stories": groups, "stories_told": count, "stories_left_out": known - count}


def _stories(pictures: Pictures, label: str, number: int, picture: Picture) -> Stories:
    stories = tuple(
        TicketStory(
            story_anchor(label, number, ticket),
            ticket_id(ticket),
            trace,
            tuple(_elsewhere(pictures, label, number, ticket)),
        )
        for ticket, trace in picture.stories.items()
    )
    where = _where(label, number, is_repeated=len(pictures[label]) > 1)
    return Stories(where, stories, sum(bool(story.trace.wrong) for story in stories))


def _listing(metric: str, label: str, of_label: Mapping[int, Picture]) -> TicketList:
    hit = {number: picture for number, picture in of_label.items() if picture.affected.get(metric)}
    return TicketList(
        anchor=list_anchor(metric, label),
        metric=metric,
        words=CLASSES[metric],
        label=label,
        count=sum(len(picture.affected[metric]) for picture in hit.values()),
        repetitions=tuple(_numbers(picture.affected[metric], label, picture) for picture in hit.values()),
    )


def _numbers(tickets: Sequence[int], label: str, picture: Picture) -> Numbers:
    without_story = [ticket_id(ticket) for ticket in tickets if ticket not in picture.stories]
    with_story = [
        (story_anchor(label, picture.repetition, ticket), ticket_id(ticket))
        for ticket in tickets
        if ticket in picture.stories
    ]
    return Numbers(
        picture.repetition, tuple(with_story), tuple(without_story[:NUMBERS]), max(0, len(without_story) - NUMBERS)
    )


def _elsewhere(pictures: Pictures, label: str, number: int, ticket: int) -> Iterator[tuple[str, str]]:
    """Yield where the same ticket of the same repetition is told of other systems."""
    for candidate, of_label in pictures.items():
        if candidate != label and number in of_label and ticket in of_label[number].stories:
            yield story_anchor(candidate, number, ticket), printable(candidate, 60)


def _where(label: str, number: int, *, is_repeated: bool) -> str:
    return f"{printable(label, 60)}, repetition {number}" if is_repeated else printable(label, 60)


def anchor(text: str) -> str:
    """Return text as part of an anchor; different texts stay different."""
    return "".join(sign if sign.isalnum() and sign.isascii() else f"_{ord(sign):x}_" for sign in text)


def story_anchor(label: str, number: int, ticket: int) -> str:
    """Return the anchor of a ticket's story, in repetition `number` of a system."""
    return f"{anchor(label)}-{number}-{ticket}"


def list_anchor(metric: str, label: str) -> str:
    """Return the anchor of the tickets that a figure of a system counts."""
    return f"{metric}-{anchor(label)}"
