"""Text that is safe inside Markdown, also inside its tables."""

import re

from harness.text import printable

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$@!])")


def escaped(text: object, longest: int = 4000) -> str:
    """Return text on one line in which nothing is markup, a link, a mention, HTML or the end of a cell."""
    return _SPECIAL.sub(r"\\\1", printable(text, longest)).replace("\\<", "&lt;").replace("\\>", "&gt;")
