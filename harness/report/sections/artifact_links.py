"""Where the rest of a report is to be found: the run's folder, and on GitHub the workflow run that keeps it."""

import os
import re
from collections.abc import Mapping

from harness.report.text.markdown_text import escaped

_SERVER = re.compile(r"https?://[\w.:-]+")
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


def stands_in(folder: str) -> str:
    """Return, as Markdown, where all of a run stands; `folder` is named as the person who asked would name it."""
    link = workflow_run(os.environ)
    return f"{escaped(folder)}{f' ({link})' if link else ''}"


def workflow_run(environment: Mapping[str, str]) -> str:
    """Return a Markdown link to the workflow run whose artifacts may hold the folder; empty outside of GitHub."""
    names = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, number = (environment.get(name, "") for name in names)
    if not (_SERVER.fullmatch(server) and _REPOSITORY.fullmatch(repository) and number.isdecimal()):
        return ""
    return f"[artifacts of this workflow run]({server}/{repository}/actions/runs/{number})"
