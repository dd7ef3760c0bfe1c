"""The session's address, asked by a shell's client: what breaks there is told in a sentence."""

import logging
from pathlib import Path

import pytest

from harness.errors import EnvironmentFailure, UsageInvalid
from harness.live.card import SessionCard
from harness.live.client import ask
from tests.support.staged import TOKEN, staged


def test_what_breaks_is_told_in_a_sentence_and_the_session_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with staged(tmp_path) as page, caplog.at_level(logging.ERROR):
        card = SessionCard(page.server.port, TOKEN, "")
        with pytest.raises(EnvironmentFailure, match=r"^the session broke while it answered: TypeError: "):
            ask(card, "/api/tickets/T-0001/pause", {})  # nobody is there to do it
        with pytest.raises(UsageInvalid, match=r"^expected a body|^the body: |Not Found"):
            ask(card, "/api/nothing")
        assert ask(card, "/api/state")["systems"]
    (record,) = caplog.records
    assert record.getMessage() == "the session broke while it answered POST /api/tickets/T-0001/pause"
    assert record.exc_info is not None
