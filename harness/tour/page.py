"""The page of a tour: what was printed, as HTML in the style of a report, that needs no network and no script."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import PurePath

from harness.report import page as of_reports
from harness.report.formats.html import environment
from harness.tour.act import SERVICE, WORKFLOWS
from harness.tour.played import PlayedAct, remarks


def render(played: Sequence[PlayedAct], verdict: str, summary: str, report: str) -> str:
    """Return the page; it lies beside the runs' folders, each of which has its own page under the name `report`."""
    template = environment(__package__ or "").get_template("page.html")
    return template.render(
        acts=[(of_act, _links(of_act, report)) for of_act in played],
        verdict=verdict,
        summary=summary,
        remarks=remarks(played),
        columns=(SERVICE, WORKFLOWS),
        style=(files(of_reports) / "page.css").read_text(encoding="utf-8"),
    )


def _links(played: PlayedAct, report: str) -> list[tuple[str, str]]:
    """Return the name of each run's folder, and where its page is from beside that."""
    names = [PurePath(run.folder).name for run in played.runs]
    return [(name, f"{name}/{report}") for name in names]
