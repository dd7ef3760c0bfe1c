"""The desk's HTTP service: a request walks its ticket through the whole flow and answers with the end."""

import itertools
import threading
from dataclasses import dataclass, field
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue

from systems.desk import records
from systems.desk.live.identity import is_alive
from systems.desk.live.store import Snapshot, StoreLocked
from systems.desk.live.workplace import Workplace
from systems.desk.model import TERMINAL, GaveUp, Priority, Ticket, ticket_number
from systems.sync.flow import Flow


@dataclass(slots=True)
class Walks:
    """The tickets that this process walks at this moment."""

    _open: dict[int, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, ticket: int) -> None:
        """Note that one more request walks the ticket."""
        with self._lock:
            self._open[ticket] = self._open.get(ticket, 0) + 1

    def end(self, ticket: int) -> None:
        """Note that a request is done with the ticket."""
        with self._lock:
            self._open[ticket] -= 1

    def has(self, ticket: int) -> bool:
        """Say whether a request walks the ticket."""
        with self._lock:
            return self._open.get(ticket, 0) > 0


class Desk:
    """The service's two answers, over a workplace."""

    def __init__(self, work: Workplace, retries: int) -> None:
        self._work = work
        self._retries = retries
        self._walks = Walks()
        self._numbers = itertools.count(1)

    def submit(self, ticket: Ticket) -> tuple[dict[str, Any], int]:
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

    def _answer(self, ticket: Ticket, name: str) -> tuple[dict[str, Any], int]:
        try:
            is_new = self._work.desk.open(ticket)
            seen = self.look(ticket.number)
            if seen is not None and seen.state in TERMINAL:
                return {"ticket": ticket.id, "state": seen.state}, 200
            if not is_new and seen is not None and self._is_refused(seen):
                return {"ticket": ticket.id, "state": seen.state, "error": "it is being worked on"}, 409
            return self._walk(ticket, name)
        except StoreLocked as error:
            return {"ticket": ticket.id, "error": str(error), "accepted": False}, 503

    def _is_refused(self, seen: Snapshot) -> bool:
        """Say whether another walk of the ticket is alive, where the id is unique."""
        if self._work.spec.desk.safeguards.locking == "none" or not seen.walker:
            return False
        if seen.walker == self._work.proc:
            return self._walks.has(seen.number)
        return is_alive(seen.walker)

    def _walk(self, ticket: Ticket, name: str) -> tuple[dict[str, Any], int]:
        self._work.desk.store.claim(ticket.number, self._work.proc, name)
        self._walks.begin(ticket.number)
        try:
            end = Flow(self._work.desk, self._work.spec.desk, ticket, name, self._retries).run()
        except GaveUp as error:
            return {"ticket": ticket.id, "error": str(error), "accepted": True, "state": "failed"}, 500
        finally:
            self._walks.end(ticket.number)
        return {"ticket": ticket.id, "state": end.value}, 200


def application(desk: Desk) -> Flask:
    """Make the WSGI application: POST /tickets, GET /tickets/<id>."""
    app = Flask(__name__)

    @app.post("/tickets")
    def submit() -> ResponseReturnValue:
        body: Any = request.get_json(silent=True)
        try:
            ticket = Ticket(ticket_number(body["ticket"]), Priority(body["priority"]))
        except (TypeError, KeyError, ValueError) as error:
            return {"error": f"expected a ticket id and a priority: {error}"}, 400
        return desk.submit(ticket)

    @app.get("/tickets/<name>")
    def look(name: str) -> ResponseReturnValue:
        try:
            seen = desk.look(ticket_number(name))
        except ValueError as error:
            return {"error": str(error)}, 400
        if seen is None:
            return {"error": f"no ticket {name}"}, 404
        timeline = [{"step": e.step, "visit": e.visit, "result": e.result} for e in seen.entries()]
        return {"ticket": name, "state": seen.state, "agent": seen.agent, "timeline": timeline}

    return app
