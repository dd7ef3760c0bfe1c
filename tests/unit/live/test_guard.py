"""Who may ask: with the token, for this address, from this page, and nobody else."""

import json
import stat
from pathlib import Path

import pytest

from harness.errors import UsageInvalid
from harness.live.card import NAME, find, living, remove_card, write_card
from harness.live.guard import refusal

HOSTS = {"127.0.0.1:8000", "localhost:8000"}


@pytest.mark.parametrize(
    ("host", "origin", "token"),
    [("127.0.0.1:8000", None, "secret"), ("localhost:8000", "http://localhost:8000", "secret")],
)
def test_who_has_the_token_may_ask_this_address_from_its_own_page(host: str, origin: str | None, token: str) -> None:
    assert refusal("secret", HOSTS, host=host, origin=origin, given=token) == ""


@pytest.mark.parametrize(
    ("host", "origin", "token"),
    [
        ("127.0.0.1:8000", None, ""),
        ("127.0.0.1:8000", None, "secre"),
        ("127.0.0.1:8000", None, "sécret"),
        ("rebound.example:8000", None, "secret"),
        ("127.0.0.1:8001", None, "secret"),
        ("127.0.0.1:8000", "http://evil.example", "secret"),
        ("127.0.0.1:8000", "null", "secret"),
        ("127.0.0.1:8000", "https://127.0.0.1:8000", "secret"),
    ],
)
def test_everybody_else_is_refused(host: str, origin: str | None, token: str) -> None:
    assert refusal("secret", HOSTS, host=host, origin=origin, given=token) != ""


def test_a_card_is_its_owners_alone_and_names_a_living_process(tmp_path: Path) -> None:
    write_card(tmp_path, 8000, "secret")
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) == 0o600
    card = living(tmp_path)
    assert card is not None
    assert (card.port, card.token) == (8000, "secret")
    remove_card(tmp_path)
    assert living(tmp_path) is None


def test_the_card_of_a_process_that_is_gone_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text(json.dumps({"port": 1, "token": "t", "proc": "1-999999999999"}))
    assert living(tmp_path) is None
    with pytest.raises(UsageInvalid, match="no session runs there"):
        find(tmp_path, tmp_path)


def test_the_newest_living_session_is_found(tmp_path: Path) -> None:
    for name in ("dead", "alive"):
        (tmp_path / name).mkdir()
    (tmp_path / "dead" / NAME).write_text("no card")
    write_card(tmp_path / "alive", 8000, "secret")
    assert find(None, tmp_path).port == 8000
    with pytest.raises(UsageInvalid, match="no session runs there"):
        find(None, tmp_path / "dead")
