"""Text that is safe to print, from text that any program or person may have written."""

import unicodedata

LONGEST = 400
INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def printable(text: object, longest: int = LONGEST) -> str:
    """Return text on one line, in which nothing can move a cursor, colour, hide or turn round what stands beside it.

    Controls, escapes, direction marks and the like appear as their code; what is cut off is counted.
    """
    line = " ".join(str(text).split())
    shown = "".join(_visible(sign) for sign in line[:longest])
    rest = len(line) - longest
    return shown if rest <= 0 else f"{shown}… ({rest} more characters)"


def escaped(text: str) -> str:
    """Return text of any length, spaces as they are, with the code of each sign that prints nothing or moves a cursor.

    For names of files, which are to be found again by what is printed.
    """
    return text if text.isprintable() else "".join(map(_visible, text))


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is not one: "1 ticket", "0 tickets"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _visible(sign: str) -> str:
    if unicodedata.category(sign) not in INVISIBLE:
        return sign
    code = ord(sign)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"  # noqa: PLR2004 - one byte
