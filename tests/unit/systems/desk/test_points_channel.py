"""The channel of a real process: ready, reached, released, and gone when its life line closes."""

from pathlib import Path

from systems.desk.live.channel import Channel
from tests.support.chaos import wait_for
from tests.support.desks import child

OPEN = "from systems.desk.live.channel import Channel; import time; channel = Channel.from_environment(); "
ASK = OPEN + "channel.ready(port=7); print(channel.reach('1.1', 'a.1', {deadline}), flush=True); time.sleep(60)"


def test_without_a_supervisor_the_channel_is_inert() -> None:
    channel = Channel(None)
    channel.ready()
    assert not channel.reach("1.1", "a.1")


def test_a_thread_at_a_point_goes_on_when_it_is_released(tmp_path: Path) -> None:
    with child(tmp_path / "log", "-c", ASK.format(deadline=30)) as one:
        messages = one.line.makefile("rb")
        assert messages.readline() == b'{"say":"ready","port":7}\n'
        assert messages.readline() == b'{"say":"point","point":"1.1","attempt":"a.1"}\n'
        one.line.sendall(b'{"drain": 1}\n{"release": "2.1"}\n{"release": "1.1"}\n')
        wait_for(lambda: (tmp_path / "log").read_text() == "True\n", "it says that it was released")


def test_a_thread_that_nobody_releases_goes_on_at_its_deadline(tmp_path: Path) -> None:
    with child(tmp_path / "log", "-c", ASK.replace("time.sleep(60)", "channel.ready()").format(deadline=0.05)) as one:
        messages = one.line.makefile("rb")
        said = [messages.readline() for _ in range(3)]
        assert said[2] == b'{"say":"ready"}\n'
    assert (tmp_path / "log").read_text() == "False\n"


def test_a_process_leaves_at_once_when_its_life_line_closes(tmp_path: Path) -> None:
    with child(tmp_path / "log", "-c", OPEN + "channel.ready(); time.sleep(60)") as one:
        one.hear()
        one.line.close()
        assert one.process.wait(10) == 2


def test_it_leaves_too_when_the_last_message_was_cut(tmp_path: Path) -> None:
    with child(tmp_path / "log", "-c", OPEN + "channel.ready(); time.sleep(60)") as one:
        one.hear()
        one.line.sendall(b'{"relea')
        one.line.close()
        assert one.process.wait(10) == 2
