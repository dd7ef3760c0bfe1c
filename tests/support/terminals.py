"""What progress is shown on: a terminal that remembers, and a clock that is set by hand."""

import io

from harness.progress import Progress


class Terminal(io.StringIO):
    """Takes everything, counts how often it was written to, and says that it is a terminal."""

    writes = 0

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def counted(progress: Progress, finished: int, planned: int = 3, given_up: int = 0) -> None:
    in_flight = 30 - finished - given_up
    progress.update(
        finished=finished, given_up=given_up, submitted=30, total=40, landed=1, planned=planned, in_flight=in_flight
    )
