"""What the harness and its supervisor say to each other: a JSON line each, read and written by type on both sides.

Down go orders, up come a reply to each order that has a number, and the events of children as they happen.
"""

import msgspec

from systems.process import ProcessSpec


class Command(msgspec.Struct, tag_field="do", frozen=True):
    """What the supervisor is to do."""


class Listen(Command, tag="listen", frozen=True):
    """Open the listening socket that workers share; answered by Listening."""


class Spawn(Command, tag="spawn", frozen=True):
    """Start a process; answered by Started."""

    spec: ProcessSpec


class Respawn(Command, tag="respawn", frozen=True):
    """Start a process that ended once more, by the specification it had; answered by Started."""

    proc: str


class Signal(Command, tag="signal", frozen=True):
    """Send a signal, by its name, to a child, as the fault instance's (the run's, where empty); answered by Sent."""

    proc: str
    signal: str
    fault: str


class ReleasePoint(Command, tag="release", frozen=True):
    """Let the thread of a child that waits at a point go on."""

    proc: str
    point: str


class RemoveAtEnd(Command, tag="remove", frozen=True):
    """Remove a folder, and all that is in it, once every child is gone; answered by Done."""

    folder: str


class EndAll(Command, tag="stop", frozen=True):
    """Kill every child, and leave; answered by Done."""


AnyCommand = Listen | Spawn | Respawn | Signal | ReleasePoint | RemoveAtEnd | EndAll


class Order(msgspec.Struct, frozen=True):
    """A command; `number` is the one that its reply will have, None where no reply is waited for."""

    command: AnyCommand
    number: int | None = None


class CommandAnswer(msgspec.Struct, tag_field="answer", frozen=True):
    """What came of a command."""


class Listening(CommandAnswer, tag="listening", frozen=True):
    """The socket listens on this port of loopback."""

    port: int


class Started(CommandAnswer, tag="started", frozen=True):
    """The process has begun, under this name ("pid-start")."""

    proc: str


class Sent(CommandAnswer, tag="sent", frozen=True):
    """The signal was sent, or there was no such child any more."""

    is_sent: bool


class Done(CommandAnswer, tag="done", frozen=True):
    """It was done, and there is nothing to say of it."""


class Refused(CommandAnswer, tag="refused", frozen=True):
    """It could not be done, and why."""

    error: str


AnyAnswer = Listening | Started | Sent | Done | Refused


class Message(msgspec.Struct, tag_field="event", frozen=True):
    """What the supervisor says, unasked or not."""


class Reply(Message, tag="reply", frozen=True):
    """The answer to the order of that number."""

    number: int
    answer: AnyAnswer


class ChildReady(Message, tag="ready", frozen=True):
    """A child says that it serves, on a port of its own where it has one."""

    proc: str
    port: int | None = None


class ChildAtPoint(Message, tag="point", frozen=True):
    """A thread of a child waits at a point, within an attempt."""

    proc: str
    point: str
    attempt: str


class ChildStopped(Message, tag="stopped", frozen=True):
    """A child was stopped; `is_whole`: every thread of it was read as stopped."""

    proc: str
    is_whole: bool


class ChildExited(Message, tag="exited", frozen=True):
    """A child was reaped: `signal` if one ended it, else `code`. CPU in s."""

    proc: str
    code: int | None
    signal: str | None
    cpu_s: float


class Broken(Message, tag="broken", frozen=True):
    """The supervisor cannot go on, and leaves: its disk is full, as a rule."""

    error: str


AnyMessage = Reply | ChildReady | ChildAtPoint | ChildStopped | ChildExited | Broken
