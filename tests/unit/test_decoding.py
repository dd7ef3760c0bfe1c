"""What decoding raises is caught whole: a line that is no UTF-8 is no JSON either, and some nest without end."""

import re

from harness import decoding
from tests.support.chaos import ROOT
from tests.support.sources import modules

HALF = re.compile(r"(except\b|suppress\()[^\n]*\bmsgspec\.DecodeError")


def test_nobody_catches_a_part_of_it() -> None:
    caught = {str(module): HALF.findall((ROOT / module).read_text(encoding="utf-8")) for module in modules()}
    assert {module for module, found in caught.items() if found} == set()
    assert len(decoding.UNREADABLE) == 3
