"""A file of a run is whole or as it was before."""

from pathlib import Path

import pytest

from harness.runfolder.whole import write_whole


def test_a_file_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    write_whole(tmp_path / "run.json", b"running")
    write_whole(tmp_path / "run.json", b"complete")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"run.json": b"complete"}


def test_what_cannot_be_written_whole_leaves_the_file_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_whole(tmp_path / "run.json", b"running")

    def torn(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:3])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", torn)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "run.json", b"complete")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"run.json": b"running"}
