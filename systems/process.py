"""A process as it is asked for: what to start, where its words go, and what it inherits.

It stands apart from the seams in `system`, as the supervisor reads it too, which imports as little as it can.
"""

from typing import Literal

import msgspec

Role = Literal["worker", "engine", "receiver", "database", "proxy"]


class ProcessSpec(msgspec.Struct, frozen=True):
    """A process as the supervisor starts it, and starts it again after a fault.

    `listens`: it inherits the supervisor's listening socket as the fd that `CHAOS_LISTEN` names.
    `reports`: it has a channel to the supervisor (fd in `CHAOS_CHANNEL`): its life line, says when it is
    ready, and where points are reported. stdout and stderr are appended to `log`. `user`: the id of the user and
    group that it runs as, if not the harness's; `folder`: where it runs, if not there. `env`: what differs from the
    harness's environment; None is a variable that it does not inherit.
    """

    role: Role
    index: int
    argv: tuple[str, ...]
    log: str
    env: dict[str, str | None] = {}
    listens: bool = False
    reports: bool = True
    user: int | None = None
    folder: str | None = None
