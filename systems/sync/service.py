"""The desk's HTTP service: a request walks its ticket through the whole flow and answers with the end."""

import itertools
import logging
from collections.abc import Sequence
from functools import partial
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue

from systems.desk import records
from systems.desk.live.identity import is_alive
from systems.desk.live.snapshot import Snapshot
from systems.desk.live.store import StoreLocked, StoreUnreachable
from systems.desk.live.workplace import Workplace
from systems.desk.model import TERMINAL, GaveUp, Priority, State, Ticket, ticket_number
from systems.desk.releases import FlowRelease
from systems.desk.rows import TimelineEntry
from systems.sync.flow import Flow, WalkLost, always
from systems.sync.leases import Renewal, Walks
from systems.sync.releases import FLOWS
from systems.sync.settings import SyncSettings

Reply = tuple[dict[str, Any], int]
"""An answer's body and its HTTP status."""
UNKNOWN = 504
"""The HTTP status of an answer that does not know whether the ticket was taken."""
log = logging.getLogger(__name__)


class DeskService:
    """The service's two answers, over a workplace; `flow` is how a ticket is walked, unless a release has another."""

    flow: type[Flow] = Flow

    def __init__(self, work: Workplace, settings: SyncSettings) -> None:
        self._work = work
        self._settings = settings
        self._lease_s = settings.lease_s
        self._walks = Walks()
        self._numbers = itertools.count(1)
        self._not_freed: set[int] = set()
        if work.release:
            self.flow = FLOWS[FlowRelease(work.release)]

    def renewal(self) -> Renewal | None:
        """Return what renews the leases of this desk's walks, if they have leases."""
        if self._lease_s is None:
            return None
        return Renewal(self._work.desk.store, self._work.proc, self._walks, self._lease_s)

    def submit(self, ticket: Ticket) -> Reply:
        """Walk a ticket; a terminal one is answered from the store, one that is being walked with 409."""
        name = f"{self._work.proc}.r{next(self._numbers)}"
        self._work.journal.write(records.RequestOpened, request=name, ticket=ticket.number)
        body, status = self._answer(ticket, name)
        state = body.get("state", "")
        self._work.journal.write(records.RequestClosed, request=name, ticket=ticket.number, state=state, status=status)
        return body, status

    def look(self, number: int) -> Snapshot | None:
        """Read a ticket from the store."""
        return self._work.desk.store.read(number)

    def _answer(self, ticket: Ticket, name: str) -> Reply:
        try:
            self._free_again(name)
            answered = self._from_store(ticket)
            if answered is not None:
                return answered
            if self._work.spec.desk.safeguards.locking == "none":
                # Nothing keeps two requests from walking one ticket here, not even in one process: that is what `none`
                # stands for.
                is_first = self._work.desk.open_beside(ticket, name)
                return self._walk(ticket, name, is_first=is_first)
            return self._walk_alone(ticket, name)
        except Exception as error:  # noqa: BLE001 - the client is told, and the request is over, whatever broke
            return self._not_accepted(ticket, name, error)

    def _from_store(self, ticket: Ticket) -> Reply | None:
        """Answer for a ticket that has ended."""
        snapshot = self.look(ticket.number)
        if snapshot is None or snapshot.state not in TERMINAL:
            return None
        return {"ticket": ticket.id, "state": snapshot.state}, 200

    def _walk_alone(self, ticket: Ticket, name: str) -> Reply:
        """Walk the ticket unless another request does, in this process or in another."""
        # Among the threads of this process the store cannot tell walks apart, as it knows the walker by its process.
        if not self._walks.begin(ticket.number):
            return self._being_walked(ticket)
        try:
            if self._work.desk.open(ticket, self._work.proc, self._lease_s):
                return self._walk(ticket, name, is_first=True)
            # Another request may have ended it since the first look: then there is nothing to take over.
            return self._from_store(ticket) or self._walk_again(ticket, name)
        finally:
            self._walks.end(ticket.number)

    def _walk_again(self, ticket: Ticket, name: str) -> Reply:
        """Take over from a dead walk, unless it lives, or another process took over first."""
        snapshot = self.look(ticket.number)
        assert snapshot is not None  # noqa: S101 - tickets are never deleted
        if self._is_alive(snapshot):
            return self._being_walked(ticket)
        if not self._work.desk.store.hand_over(ticket.number, snapshot.walker, self._work.proc, name, self._lease_s):
            return self._being_walked(ticket)
        return self._walk(ticket, name, is_first=False)

    def _is_alive(self, snapshot: Snapshot) -> bool:
        """Say whether another process walks the ticket: by its lease, else by its pid, which only one host can."""
        # No walker: it was set free after an error. This process: its walk is over, or `begin` would have refused.
        if snapshot.walker in {"", self._work.proc}:
            return False
        return is_alive(snapshot.walker) if self._lease_s is None else self._work.desk.store.is_leased(snapshot.number)

    def _walk(self, ticket: Ticket, name: str, *, is_first: bool) -> Reply:
        try:
            end = self._flow(ticket, name, () if is_first else self._recorded(ticket)).run()
        except WalkLost:
            return self._being_walked(ticket)
        except Exception as error:  # noqa: BLE001 - the ticket was accepted: what broke it is a definite answer
            return self._failed(ticket, name, error)
        return {"ticket": ticket.id, "state": end.value}, 200

    def _flow(self, ticket: Ticket, name: str, recorded: Sequence[TimelineEntry]) -> Flow:
        config = self._work.spec.desk
        has_lease = self._lease_s is not None and config.safeguards.locking != "none"
        is_ours = partial(self._work.desk.store.holds_lease, ticket.number, self._work.proc) if has_lease else always
        return self.flow(self._work.desk, config, ticket, name, self._settings.retries, recorded, is_ours)

    def _recorded(self, ticket: Ticket) -> Sequence[TimelineEntry]:
        """Return what a second walk may pass over: all that stands in the store when it begins, or nothing."""
        if self._settings.rewalk == "restart":
            return ()
        snapshot = self.look(ticket.number)
        return () if snapshot is None else snapshot.entries()

    def _failed(self, ticket: Ticket, name: str, error: Exception) -> Reply:
        """Answer for a walk that broke, and free the ticket for another."""
        if not isinstance(error, GaveUp):
            log.error("the walk of %s broke", ticket.id, exc_info=error)
        try:
            self._work.desk.store.hand_over(ticket.number, self._work.proc, "", name)
        except StoreLocked as locked:
            self._note_lock(name, locked)
        except StoreUnreachable:
            self._not_freed.add(ticket.number)
        return {"ticket": ticket.id, "error": _described(error), "accepted": True, "state": "failed"}, 500

    def _free_again(self, name: str) -> None:
        """Free the tickets of broken walks that could not be freed, as the store was out of reach."""
        # Other processes take a walk for alive as long as this one lives, and would refuse these tickets for ever.
        for number in tuple(self._not_freed):
            if not self._walks.begin(number):
                continue
            try:
                self._work.desk.store.hand_over(number, self._work.proc, "", name)
                self._not_freed.discard(number)
            finally:
                self._walks.end(number)

    def _not_accepted(self, ticket: Ticket, name: str, error: Exception) -> Reply:
        """Answer for what broke before a walk began."""
        log.error("%s was not accepted", ticket.id, exc_info=error)
        if isinstance(error, StoreLocked):
            self._note_lock(name, error)
        # A store that was out of reach may have taken the ticket all the same: that is no refusal.
        status = UNKNOWN if isinstance(error, StoreUnreachable) else 503
        return {"ticket": ticket.id, "error": _described(error), "accepted": False}, status

    def _being_walked(self, ticket: Ticket) -> Reply:
        """Refuse a ticket that another request walks, unless that one just ended it."""
        snapshot = self.look(ticket.number)
        if snapshot is not None and snapshot.state in TERMINAL:
            return {"ticket": ticket.id, "state": snapshot.state}, 200
        state = State.OPEN.value if snapshot is None else snapshot.state
        return {"ticket": ticket.id, "state": state, "error": "it is being worked on"}, 409

    def _note_lock(self, name: str, error: StoreLocked) -> None:
        self._work.journal.write(records.LockError, attempt=name, message=str(error))


def _described(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def application(desk: DeskService) -> Flask:
    """Make the WSGI application: POST /tickets, GET /tickets/<id>."""
    app = Flask(__name__)

    @app.post("/tickets")
    def submit() -> ResponseReturnValue:
        body: Any = request.get_json(silent=True)
        try:
            ticket = Ticket(ticket_number(body["ticket"]), Priority(body["priority"]))
        except (AttributeError, TypeError, KeyError, ValueError) as error:
            return {"error": f"expected a ticket id and a priority: {error}"}, 400
        return desk.submit(ticket)

    @app.get("/tickets/<name>")
    def look(name: str) -> ResponseReturnValue:
        try:
            snapshot = desk.look(ticket_number(name))
        except ValueError as error:
            return {"error": str(error)}, 400
        if snapshot is None:
            return {"error": f"no ticket {name}"}, 404
        timeline = [{"step": e.step, "visit": e.visit, "result": e.result} for e in snapshot.entries()]
        return {"ticket": name, "state": snapshot.state, "agent": snapshot.agent, "timeline": timeline}

    return app
