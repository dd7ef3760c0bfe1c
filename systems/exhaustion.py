"""What the client's own machine ran out of, read from an error: the environment's fault, never the service's word."""

import errno
import os
import re
from collections.abc import Iterator

from systems.system import ClientExhausted

_MORE_FILES = "let it have more open files (`ulimit -n 65536`, or the container's limit), or lower load.tickets"
REMEDIES = {
    errno.EMFILE: _MORE_FILES,
    errno.ENFILE: "let the machine have more open files (`sysctl fs.file-max`), or lower load.tickets",
    errno.ENOBUFS: "give the machine more memory for sockets, or lower load.tickets or the rate",
    errno.EADDRNOTAVAIL: "let it have more ports (`sysctl net.ipv4.ip_local_port_range`), or lower load.tickets",
    errno.ENOMEM: "give it more memory, or lower load.tickets",
}
"""What to do about each of them."""

_IN_TEXT = re.compile(r"(?:os error |Os \{ code: )(\d+)")
"""How the SDK's core writes an error of the operating system."""


def refuse_exhausted(error: BaseException) -> None:
    """Raise ClientExhausted, with the remedy, where this machine gave out before a request left it."""
    for number in _numbers(error):
        if number in REMEDIES:
            failure = f"this machine cannot open another connection: {os.strerror(number)}"
            raise ClientExhausted(f"{failure}; {REMEDIES[number]}") from error


def remedy(error: BaseException) -> str:
    """Say, as the end of a message, what to do about an error of a machine that gave out; nothing for others."""
    return next((f"; {REMEDIES[number]}" for number in _numbers(error) if number in REMEDIES), "")


def _numbers(error: BaseException | None) -> Iterator[int]:
    """Go through an error and its causes; yield what the operating system said."""
    depth = 0
    # Not without a bound: contexts of errors can form a ring.
    while error is not None and depth < len(REMEDIES):
        if isinstance(error, OSError) and error.errno is not None:
            yield error.errno
        yield from map(int, _IN_TEXT.findall(str(error)))
        error, depth = error.__cause__ or error.__context__, depth + 1
