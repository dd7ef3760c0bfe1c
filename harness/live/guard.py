"""Who may ask: only with the token, only for this address, only from this page."""

import hmac
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


# Why all three: the port is open to every program and every page on this machine. The token keeps out who was not given
# it. A page elsewhere that had it made itself resolve to this address (DNS rebinding) would send its own name as Host;
# one that posts blindly (CSRF) sends its Origin.
def guarded(token: str, port: Callable[[], int]) -> Middleware:
    """Return the middleware that refuses everybody else."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        hosts = {f"127.0.0.1:{port()}", f"localhost:{port()}"}
        why = refusal(
            token,
            hosts,
            host=request.headers.get("Host", ""),
            origin=request.headers.get("Origin"),
            given=request.query.get("token") or _bearer(request.headers.get("Authorization", "")),
        )
        if why:
            return web.json_response({"error": why}, status=403, headers=HEADERS)
        return await handler(request)

    return guard


def refusal(token: str, hosts: set[str], *, host: str, origin: str | None, given: str) -> str:
    """Say why a request is refused; nothing where it may pass."""
    if host not in hosts:
        return "this address is not for that host"
    if origin is not None and origin not in {f"http://{name}" for name in hosts}:
        return "this address is not for that page"
    if not hmac.compare_digest(given.encode(), token.encode()):
        return "the token is missing or wrong: the session printed it with its address"
    return ""


def _bearer(header: str) -> str:
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""
