"""Words over a socket: one line of JSON each, cut off what was read as soon as it is whole."""

import socket
from typing import TypeVar

import msgspec

MOST_WORD_BYTES = 65536
T = TypeVar("T")


def receive(sock: socket.socket) -> bytes:
    """Read what there is; nothing once the other side is gone."""
    try:
        return sock.recv(65536)
    except ConnectionError:
        return b""


def whole_words(unread: bytearray, decoder: msgspec.json.Decoder[T]) -> list[T]:
    """Cut whole lines off `unread` and decode them; raises ValueError for what is none."""
    *whole, rest = bytes(unread).split(b"\n")
    unread[:] = rest
    if len(rest) > MOST_WORD_BYTES:
        raise ValueError(f"expected a line of at most {MOST_WORD_BYTES} bytes, found more")
    return [decoder.decode(line) for line in whole if line]
