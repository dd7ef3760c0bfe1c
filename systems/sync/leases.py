"""Walks and their leases: which tickets this process walks, and how the others learn that it still does."""

import logging
import threading

from systems.desk.live.store import Store

RENEWALS = 3
"""How often a lease is renewed before it would run out."""
log = logging.getLogger(__name__)


class Walks:
    """The tickets that this process walks at this moment."""

    def __init__(self) -> None:
        self._open: set[int] = set()
        self._lock = threading.Lock()

    def begin(self, ticket: int) -> bool:
        """Take the ticket for one request; False while another request of this process has it."""
        with self._lock:
            if ticket in self._open:
                return False
            self._open.add(ticket)
            return True

    def end(self, ticket: int) -> None:
        """Let the ticket go."""
        with self._lock:
            self._open.discard(ticket)

    def open(self) -> frozenset[int]:
        """Return the tickets that are walked now."""
        with self._lock:
            return frozenset(self._open)


# Why a lease, and why it is renewed beside the steps: a service on several hosts cannot look whether the process that
# walks a ticket still lives, it can only see for how long that process has said nothing. So a walk is a promise that is
# renewed, and ends by itself. A third of the lease lies between two renewals, so that one that comes late, or meets a
# locked store, costs nothing. A lease alone keeps no walk from writing, though: a process that was stopped does not
# notice that its time ran out. So each step asks first whether the ticket is still its own (`holds_lease`), and under
# `optimistic` a write that was already on its way is refused, as the version moved on.
class Renewal:
    """Renews the leases of all open walks of one process, from a thread of its own.

    The thread goes on however long a step takes, and stands still with its process: one that is dead or stopped loses
    its walks, one that is merely slow does not.
    """

    def __init__(self, store: Store, proc: str, walks: Walks, lease_s: float) -> None:
        self._store = store
        self._proc = proc
        self._walks = walks
        self._lease_s = lease_s
        self._is_over = threading.Event()

    def start(self) -> None:
        """Begin to renew."""
        threading.Thread(target=self._run, name="walk-leases", daemon=True).start()

    def stop(self) -> None:
        """Renew no more."""
        self._is_over.set()

    def _run(self) -> None:
        while not self._is_over.wait(self._lease_s / RENEWALS):
            self._renew()

    def _renew(self) -> None:
        numbers = self._walks.open()
        if not numbers:
            return
        try:
            self._store.renew(self._proc, numbers, self._lease_s)
        except Exception:  # a store that was away may be back the next time, and this thread has to be there then
            log.exception("leases were not renewed")
