"""What a Struct type's fields are, as msgspec describes them; looked into once, as that takes longer than reading."""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any

import msgspec.inspect as mi


@cache
def fields(kind: Any) -> Mapping[str, mi.Field]:
    """Return the fields of a Struct type, by name and in order."""
    info = type_info(kind)
    assert isinstance(info, mi.StructType)  # noqa: S101 - callers pass Structs
    return MappingProxyType({field.name: field for field in info.fields})


@cache
def type_info(kind: Any) -> mi.Type:
    """Return what a type is made of."""
    return mi.type_info(kind)
