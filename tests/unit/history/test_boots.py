"""The first record of a journal: what no program of this project wrote there is passed over."""

from pathlib import Path

import pytest

from harness.history.boots import shifts

DAMAGED = {
    "no UTF-8 in a key": b'{"kin\xa2":"opened","seq":1}',
    "no UTF-8 in a value": b'{"kind":"open\xa2d","seq":1}',
    "no JSON": b"\xff\xfe",
    "nested without end": b'{"kind":"opened","boot":' + b"[" * 60_000,
    "nothing": b"",
}


@pytest.mark.parametrize("line", DAMAGED.values(), ids=DAMAGED)
def test_a_first_record_that_cannot_be_read_moves_nothing(tmp_path: Path, line: bytes) -> None:
    path = tmp_path / "worker-1-1-1.jsonl"
    path.write_bytes(line + b"\n")
    assert shifts([path]) == {}
