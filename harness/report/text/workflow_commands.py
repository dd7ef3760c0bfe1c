"""Workflow commands of a CI service: written where they are meant, and harmless in everything else that is printed.

GitHub's runner takes `::name key=value::data` for a command on any line that begins so, of stdout and stderr alike,
and the older `##[name]data` wherever it stands in a line; other services know `##name[`.
"""

import json
import re
import unicodedata
from collections.abc import Mapping

from harness.text import INVISIBLE, printable

_MESSAGE_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY_ESCAPES = _MESSAGE_ESCAPES | {":": "%3A", ",": "%2C"}
_ODD = re.compile(r"[^\t\n\x20-\x7e]")
_BEGINS = re.compile(r"^(\s*):(?=:)", re.MULTILINE)
_WITHIN = re.compile(r"#(?=#\w*\[)")


def command(name: str, properties: Mapping[str, object], message: str) -> str:
    """Return a command on one line; properties without a value are left out."""
    given = ",".join(f"{key}={_property(value)}" for key, value in properties.items() if value not in {None, ""})
    return f"::{name}{f' {given}' if given else ''}::{_message(message)}"


def _property(value: object) -> str:
    return "".join(_PROPERTY_ESCAPES.get(sign, sign) for sign in printable(value))


def _message(text: str) -> str:
    lines = "\n".join(printable(line, 2000) for line in text.splitlines())
    return "".join(_MESSAGE_ESCAPES.get(sign, sign) for sign in lines)


def harmless(text: str) -> str:
    """Return text in which no line is a command, and nothing is hidden; JSON still says the same.

    What had to go stands there as its code, which JSON reads as the sign itself.
    """
    shown = _ODD.sub(lambda match: _shown(match[0]), text)
    return _WITHIN.sub(r"\\u0023", _BEGINS.sub(r"\1\\u003a", shown))


def _shown(sign: str) -> str:
    return json.dumps(sign)[1:-1] if unicodedata.category(sign) in INVISIBLE else sign
