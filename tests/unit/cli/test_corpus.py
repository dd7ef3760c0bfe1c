"""`--keep-histories`: a corpus that grows from run to run."""

from pathlib import Path

from harness.cli.corpus import collect


def run(folder: Path, name: str) -> str:
    """Make the folder of a run that exported two histories of one system, and none of another."""
    for label, files in {"sync": ["residency.jsonl"], "temporal": ["T-0001.json", "T-0001-low.json"]}.items():
        histories = folder / name / label / "1" / "histories"
        histories.mkdir(parents=True)
        for file in files:
            (histories / file).write_text(f"{name} {file}")
    return str(folder / name)


def test_histories_of_every_run_are_collected_under_its_name(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    assert collect([run(tmp_path, "one"), "", run(tmp_path, "two")], corpus) == 4
    assert collect([str(tmp_path / "two")], corpus) == 2
    files = {str(file.relative_to(corpus)): file.read_text() for file in corpus.rglob("*") if file.is_file()}
    assert files == {
        f"{name}/temporal/1/{file}": f"{name} {file}"
        for name in ("one", "two")
        for file in ("T-0001.json", "T-0001-low.json")
    }
