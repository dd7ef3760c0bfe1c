"""Running a scenario's text and reading its figures, for benchmarks."""

import sys
import tempfile
from pathlib import Path
from typing import Any

from harness.execution.run import run
from harness.planning.reading import read
from harness.progress import Progress


def metrics_of(text: str) -> dict[str, dict[str, Any]]:
    """Run a scenario once and return the metrics of each system, by label; a run that ends early ends the program."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "bench.yaml"
        path.write_text(text)
        scenario, text = read(str(path))
        labels = [block.label for block in scenario.systems]
        with open("/dev/null", "w") as nowhere:  # noqa: PTH123 - a stream that nobody reads
            outcome = run(scenario, text, Path(folder) / "reports", labels, Progress(nowhere))
        if outcome.error is not None:
            sys.exit(f"{scenario.name}: {outcome.error}")
        return {label: dict(system.repetitions[0].metrics) for label, system in outcome.result.systems.items()}
