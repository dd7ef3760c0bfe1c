"""The session's address: a page, the state, events as they happen, and a route for everything that can be done."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from aiohttp import web

from harness.decoding import UNREADABLE
from harness.errors import EnvironmentFailure
from harness.live.feed import Feed
from harness.live.guard import HEADERS, guarded
from harness.live.orders import FaultOrder, Misunderstood
from harness.live.session import NotThere, Session
from harness.live.striking import Striking

PAGE = Path(__file__).with_name("page")
TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
LARGEST_BODY_BYTES = 64 * 1024
SEND_EVERY_S = 0.2
SEND_SOON_S = 0.05
LOOKS_FOR_S = 1.0
"""How long whoever clicked looks for what comes of it: so long it is sent sooner."""
BREATHE_EVERY_S = 15.0

log = logging.getLogger(__name__)
T = TypeVar("T")
Do = Callable[[web.Request], Awaitable[Any]]


class Which(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """In which systems something is done; None: in all."""

    systems: tuple[str, ...] | None = None


class NewTickets(Which, frozen=True, forbid_unknown_fields=True):
    """Tickets to send; without a priority each in turn."""

    priority: str | None = None
    count: int = 1
    twice: bool = False
    lose_answer: bool = False


class Restart(Which, frozen=True, forbid_unknown_fields=True):
    """Which dead workers are started."""

    worker: int | str = "all"


class Save(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where what was done is written."""

    file: str | None = None


def listen(port: int) -> socket.socket:
    """Listen on this port of loopback (0: a free one); raises EnvironmentFailure where it is taken."""
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", port))
        listening.listen()
    except OSError as error:
        listening.close()
        raise EnvironmentFailure(f"--port {port}: cannot listen on 127.0.0.1:{port}: {error.strerror}") from None
    return listening


class Server:
    """Serves a session on a port of loopback, until it is closed."""

    def __init__(self, session: Session, token: str) -> None:
        self._session = session
        self._striking = Striking(session)
        self._token = token
        self._feed = Feed(session)
        self._runner: web.AppRunner | None = None
        self._is_over = asyncio.Event()
        self._has_acted = asyncio.Event()
        self._acted_at = 0.0
        self.port = 0

    async def open(self, listening: socket.socket) -> None:
        """Serve on a socket that listens."""
        app = web.Application(
            middlewares=[guarded(self._token, lambda: self.port), _explained], client_max_size=LARGEST_BODY_BYTES
        )
        self._add_routes(app.router)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.SockSite(self._runner, listening).start()
        self.port = listening.getsockname()[1]

    @property
    def address(self) -> str:
        """What a person opens."""
        return f"http://127.0.0.1:{self.port}/?token={self._token}"

    async def publish(self) -> None:
        """Let pages see what changed."""
        await self._feed.publish()

    async def close(self) -> None:
        """Tell pages that it is over, and listen no more."""
        self._is_over.set()
        async with self._feed.changed:
            self._feed.changed.notify_all()
        if self._runner is not None:
            await self._runner.cleanup()

    def _add_routes(self, router: web.UrlDispatcher) -> None:
        router.add_get("/", self._page)
        router.add_get("/page/{name}", self._page)
        router.add_get("/api/events", self._events)
        router.add_get("/api/state", self._state)
        router.add_get("/api/scenario", _json(self._scenario))
        router.add_get("/api/tickets", _json(self._list))
        router.add_get("/api/tickets/{id}", _json(self._ticket))
        router.add_post("/api/tickets", _json(self._seen(self._submit)))
        for name, do in self._of_a_ticket().items():
            router.add_post(f"/api/tickets/{{id}}/{name}", _json(self._seen(do)))
        router.add_post("/api/faults", _json(self._seen(self._strike)))
        router.add_post("/api/workers/restart", _json(self._seen(self._restart)))
        router.add_post("/api/save", _json(self._save))
        router.add_post("/api/stop", _json(self._stop))

    # -- what is seen

    async def _page(self, request: web.Request) -> web.Response:
        name = request.match_info.get("name", "index.html")
        path = PAGE / name
        if path.parent != PAGE or path.suffix not in TYPES or not path.is_file():
            raise NotThere(f"there is no page {name}")
        text = path.read_text(encoding="utf-8").replace("{{token}}", self._token)
        return web.Response(text=text, content_type=TYPES[path.suffix], headers=HEADERS)

    async def _state(self, _: web.Request) -> web.Response:
        return web.Response(body=self._feed.whole(), content_type="application/json", headers=HEADERS)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Send the state, then what changed since, at most five times a second, for as long as anybody listens."""
        response = web.StreamResponse(headers={**HEADERS, "Content-Type": "text/event-stream"})
        await response.prepare(request)
        feed = self._feed
        at = feed.position_of(request.headers.get("Last-Event-ID", request.query.get("last", "")))
        # A browser that is gone, or that sleeps with its connection half open, ends this loop or holds it; it holds
        # nobody else, and nothing is kept for it.
        with contextlib.suppress(ConnectionError):
            if at is None:
                at = feed.position()
                await response.write(_event("state", feed.whole(), feed.id_of(at)))
            while not self._is_over.is_set():
                now = feed.position()
                if (now.rev, now.line) == (at.rev, at.line):
                    await self._wait_or_breathe(response)
                    continue
                await response.write(_event("change", feed.since(at), feed.id_of(now)))
                at = now
                await self._pause_between_sends()
            await response.write(_event("end", b"{}", feed.id_of(feed.position())))
        return response

    async def _pause_between_sends(self) -> None:
        is_looking = time.monotonic() < self._acted_at + LOOKS_FOR_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_SOON_S if is_looking else SEND_EVERY_S):
                await self._has_acted.wait()

    def _seen(self, do: Do) -> Do:
        """Do what was ordered, and let pages see it at once: whoever clicked looks for what came of it."""

        async def done(request: web.Request) -> Any:
            answer = await do(request)
            await self._feed.publish()
            self._acted_at = time.monotonic()
            self._has_acted.set()  # wakes those that pause between two sends
            self._has_acted.clear()
            return answer

        return done

    async def _wait_or_breathe(self, response: web.StreamResponse) -> None:
        try:
            async with asyncio.timeout(BREATHE_EVERY_S), self._feed.changed:
                await self._feed.changed.wait()
        except TimeoutError:
            await response.write(b": nothing new\n\n")

    # -- what is done

    async def _list(self, request: web.Request) -> Any:
        return self._session.list_of(_systems(request))

    async def _ticket(self, request: web.Request) -> Any:
        return await self._session.state_of(request.match_info["id"], _systems(request))

    async def _submit(self, request: web.Request) -> Any:
        order = await _body(request, NewTickets)
        return await self._session.submit(
            order.priority, order.count, order.systems, is_twice=order.twice, is_answer_lost=order.lose_answer
        )

    def _of_a_ticket(self) -> dict[str, Do]:
        actions = {
            "pause": self._session.pause,
            "resume": self._session.resume,
            "send": self._session.send_again,
            "note": self._striking.note_against,
        }

        def of(action: Callable[..., Awaitable[Any]]) -> Do:
            async def do(request: web.Request) -> Any:
                return await action(request.match_info["id"], (await _body(request, Which)).systems)

            return do

        return {name: of(action) for name, action in actions.items()}

    async def _strike(self, request: web.Request) -> Any:
        return await self._striking.strike(await _body(request, FaultOrder))

    async def _restart(self, request: web.Request) -> Any:
        order = await _body(request, Restart)
        if isinstance(order.worker, str) and order.worker != "all" and not order.worker.isdigit():
            raise Misunderstood(f"worker: expected a number or all, found {order.worker!r}")
        return await self._striking.restart(order.worker, order.systems)

    async def _scenario(self, _: web.Request) -> Any:
        return {"yaml": self._session.repeatable()}

    async def _save(self, request: web.Request) -> Any:
        order = await _body(request, Save)
        return self._session.save(None if order.file is None else Path(order.file))

    async def _stop(self, _: web.Request) -> Any:
        self._session.stopping.set()
        return {"said": "the session ends", "done": True}


def _systems(request: web.Request) -> tuple[str, ...] | None:
    return tuple(request.query.getall("system", [])) or None


async def _body(request: web.Request, kind: type[T]) -> T:
    if request.content_type != "application/json":
        raise Misunderstood("expected a body of Content-Type: application/json")
    try:
        return msgspec.json.decode(await request.read() or b"{}", type=kind)
    except UNREADABLE as error:
        raise Misunderstood(f"the body: {error}") from None


def _json(do: Do) -> Do:
    """Answer with what comes of it, as JSON."""

    async def handler(request: web.Request) -> web.Response:
        body = msgspec.json.encode(await do(request))
        return web.Response(body=body, content_type="application/json", headers=HEADERS)

    return handler


@web.middleware
async def _explained(request: web.Request, handler: Do) -> web.StreamResponse:
    """Answer for what was misunderstood or is not there, in a sentence."""
    try:
        response: web.StreamResponse = await handler(request)
    except Misunderstood as error:
        return web.json_response({"error": str(error)}, status=400, headers=HEADERS)
    except NotThere as error:
        return web.json_response({"error": str(error)}, status=404, headers=HEADERS)
    except web.HTTPException as error:
        return web.json_response({"error": error.reason}, status=error.status, headers=HEADERS)
    except Exception as error:
        # Whoever asked is told in a sentence, and the traceback goes to stderr; the session goes on.
        log.exception("the session broke while it answered %s %s", request.method, request.path)
        broke = f"the session broke while it answered: {type(error).__name__}: {error}"
        return web.json_response({"error": broke}, status=500, headers=HEADERS)
    return response


def _event(name: str, content: bytes, number: str) -> bytes:
    return b"id: " + number.encode() + b"\nevent: " + name.encode() + b"\ndata: " + content + b"\n\n"
