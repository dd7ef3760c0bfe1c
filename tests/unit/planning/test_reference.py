from harness.planning.reading.reference import reference
from tests.support.chaos import ROOT


def test_the_reference_page_says_what_the_types_say() -> None:
    page = (ROOT / "docs" / "scenario-reference.md").read_text()
    assert page == reference(), (
        "write it anew: python -m harness.planning.reading.reference > docs/scenario-reference.md"
    )
