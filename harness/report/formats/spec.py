"""What a report format is: the one value that it is given, and the text that it makes of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the command line reads the registry each time it starts, and needs none of these for it
    from harness.explaining.timeline import Picture
    from harness.runfolder.result import Result
    from harness.runfolder.run_summary import Ended


@dataclass(frozen=True, slots=True)
class ReportInput:
    """A run as every format is given it; each takes of it what it shows.

    `pictures` are those of each repetition, by label and number, for formats that draw. `folder` is where the run lies,
    as the person who asked would name it; empty where that is not known: then the run's id stands for it. `width`
    (columns; None: lines are not folded) and `color` are the screen's. `is_full`: a row for every metric, not only for
    those that decide.
    """

    result: "Result"
    pictures: "Mapping[str, Mapping[int, Picture | None]]" = field(default_factory=dict)
    folder: str = ""
    width: int | None = None
    color: bool = False
    is_full: bool = False

    @property
    def drawn(self) -> "dict[str, dict[int, Picture]]":
        """The pictures that there are: a look that was for no format with pictures has left None in their place."""
        return {
            label: {number: picture for number, picture in of_label.items() if picture is not None}
            for label, of_label in self.pictures.items()
        }


@dataclass(frozen=True, slots=True)
class SuiteInput:
    """Several scenarios that ended, as every format is given them that makes one document of them.

    `is_interrupted`: more were asked for than have ended. `is_single`: no more than one was asked for, which some
    formats show as that run. `jobs` ran at a time, and all took `took_s` together. The rest is as in a `ReportInput`.
    """

    ended: "Sequence[Ended]"
    is_interrupted: bool = False
    is_single: bool = False
    jobs: int = 1
    took_s: float = 0.0
    width: int | None = None
    color: bool = False
    is_full: bool = False


@dataclass(frozen=True, slots=True)
class Format:
    """A report format: `file` is what its report is called in a run's folder, `render` makes it.

    `render_suite` makes one document of several scenarios, where the format has such a thing; with `is_printed`, `chaos
    run --format` prints it. `has_pictures`: `render` draws what `ReportInput.pictures` hold, which takes a look at the
    evidence.
    """

    file: str
    render: Callable[[ReportInput], str]
    render_suite: Callable[[SuiteInput], str] | None = None
    is_printed: bool = False
    has_pictures: bool = False
