"""What passes between harness and supervisor comes out as it went in, and the supervisor needs little to read it."""

import subprocess
import sys

import msgspec
import pytest

from harness.processes import messages
from systems.process import ProcessSpec
from tests.support.chaos import ROOT

SPEC = ProcessSpec("worker", 1, ("python", "-c", "1"), "log", {"A": "b", "C": None}, listens=True, user=7, folder="x")


@pytest.mark.parametrize(
    "command",
    [
        messages.Listen(),
        messages.Spawn(SPEC),
        messages.Respawn("1-1"),
        messages.Signal("1-1", "SIGKILL", "1.1"),
        messages.ReleasePoint("1-1", "1.1"),
        messages.EndAll(),
    ],
)
def test_an_order_is_read_as_it_was_given(command: messages.AnyCommand) -> None:
    order = messages.Order(command, 7)
    assert msgspec.json.decode(msgspec.json.encode(order), type=messages.Order) == order


@pytest.mark.parametrize(
    "message",
    [
        messages.Reply(7, messages.Listening(8080)),
        messages.Reply(7, messages.Started("1-1")),
        messages.Reply(7, messages.Sent(is_sent=False)),
        messages.Reply(7, messages.Done()),
        messages.Reply(7, messages.Refused("OSError: no")),
        messages.ChildReady("1-1", 8080),
        messages.ChildAtPoint("1-1", "1.1", "1-1.1"),
        messages.ChildStopped("1-1", is_whole=True),
        messages.ChildExited("1-1", None, "SIGKILL", 0.5),
        messages.Broken("OSError: [Errno 28] No space left on device"),
    ],
)
def test_what_the_supervisor_says_is_heard_as_it_was_said(message: messages.AnyMessage) -> None:
    assert msgspec.json.decode(msgspec.json.encode(message), type=messages.AnyMessage) == message


def test_the_supervisor_imports_of_this_program_only_what_it_uses() -> None:
    program = "import sys; import harness.processes.supervisor; print(*sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    mine = {name for name in ran.stdout.split() if name.partition(".")[0] in {"harness", "systems"}}
    assert mine == {
        "harness",
        "harness.history",
        "harness.history.run_records",
        "harness.processes",
        "harness.processes.folders",
        "harness.processes.lifeline",
        "harness.processes.logs",
        "harness.processes.messages",
        "harness.processes.procfs",
        "harness.processes.supervisor",
        "harness.processes.words",
        "systems",
        "systems.desk",
        "systems.desk.live",
        "systems.desk.live.channel",
        "systems.desk.live.identity",
        "systems.desk.live.journal",
        "systems.desk.records",
        "systems.process",
    }
    assert not {"asyncio", "sqlalchemy", "yaml"} & set(ran.stdout.split())
