"""Connections to the engine, as the profile wants them, of workers and clients alike; and what a broken one means."""

from typing import Any

from temporalio.client import Client
from temporalio.envconfig import ClientConfig
from temporalio.service import GrpcCompression, KeepAliveConfig, RPCStatusCode

from systems.temporal.policies import Profile

COMPRESSIONS = {"none": GrpcCompression.NONE, "gzip": GrpcCompression.GZIP}
AWAY = frozenset({RPCStatusCode.UNAVAILABLE, RPCStatusCode.UNKNOWN})
"""What a call ends with that did not get through: to nobody, or (a "transport error") over a connection that broke."""
NEVER_CONNECTED = "Server connection error"
"""How the SDK's message begins to tell of a connection that was not made. Its type is the same for one that broke."""


def of_environment() -> dict[str, Any]:
    """Return what Temporal's own environment configuration says of a server, as options of `Client.connect`.

    Beside `target_host` and `namespace`, where given, it may say how to be let in: TLS, a key, headers.
    """
    return dict(ClientConfig.load_client_connect_config())


def let_in() -> dict[str, Any]:
    """Return of that what lets one in."""
    return {name: value for name, value in of_environment().items() if name not in {"target_host", "namespace"}}


async def connect(address: str, profile: Profile, **options: Any) -> Client:
    """Connect to the engine; `options` are those of `Client.connect`. Raises RuntimeError where that fails."""
    # Left out, the SDK's own holds.
    if profile.keep_alive is not None:
        millis = int(profile.keep_alive * 1000)
        options["keep_alive_config"] = KeepAliveConfig(interval_millis=millis, timeout_millis=millis)
    return await Client.connect(address, grpc_compression=COMPRESSIONS[profile.compression], **options)


def is_refusal(error: RuntimeError) -> bool:
    """Say whether connecting failed before a byte was sent, so that nothing can have come of it."""
    return NEVER_CONNECTED in str(error)
