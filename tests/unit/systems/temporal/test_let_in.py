"""A server of the user's lets nobody in without a key, or TLS: whoever connects to it shows what is configured."""

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, cast

import pytest
from temporalio.client import Client
from temporalio.service import TLSConfig

from systems.desk.live.workplace import Workplace
from systems.desk.model import Priority, Ticket
from systems.temporal import worker
from systems.temporal.settings import TemporalSettings
from systems.temporal.system import TemporalSystem
from tests.unit.systems.temporal.test_client import clients

CONFIGURED = {"api_key": "secret", "tls": TLSConfig(), "rpc_metadata": {"tenant": "desk"}}
SEEN: dict[Literal["external", "embedded"], dict[str, Any]] = {"external": CONFIGURED, "embedded": {}}


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What is shown to the server by each that connects; none of them gets in."""
    given: list[dict[str, Any]] = []

    async def connect(address: str, **options: Any) -> None:
        given.append({name: options[name] for name in CONFIGURED if name in options} | {"address": address})
        raise RuntimeError("Server connection error: nobody is there")

    monkeypatch.setattr(Client, "connect", connect)
    monkeypatch.setattr(worker, "CONNECT_DEADLINE_S", 0.0)
    for name, value in {
        "TEMPORAL_CONFIG_FILE": os.devnull,
        "TEMPORAL_ADDRESS": "elsewhere:7233",
        "TEMPORAL_API_KEY": "secret",
        "TEMPORAL_TLS": "true",
        "TEMPORAL_GRPC_META_TENANT": "desk",
    }.items():
        monkeypatch.setenv(name, value)
    return given


@pytest.mark.parametrize("of", SEEN)
def test_clients_and_workers_show_what_the_environment_says_to_a_server_of_the_users_alone(
    tmp_path: Path, shown: list[dict[str, Any]], of: Literal["external", "embedded"]
) -> None:
    async def submit() -> None:
        client = next(one for one in clients(tmp_path, server=of) if isinstance(one, TemporalSystem))
        await client.submit(Ticket(1, Priority.LOW), 5.0, 1)

    asyncio.run(submit())
    extra = {"address": "elsewhere:7233", "namespace": "default"}
    spec = SimpleNamespace(label="one", extra=extra, routed=lambda _hop, _index, address: address)
    work = cast("Workplace", SimpleNamespace(spec=spec, index=0, proc="11-1"))
    with pytest.raises(RuntimeError, match="nobody is there"):
        asyncio.run(worker.connected(work, TemporalSettings(server=of)))
    assert shown == [SEEN[of] | {"address": ""}, SEEN[of] | {"address": "elsewhere:7233"}]
