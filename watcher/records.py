"""What the folders need to read in a record: whose it is, and what an earlier attempt said."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import msgspec


class _Input(msgspec.Struct, frozen=True):
    name: str
    sha256: str
    name_b64: str | None = None


class Head(msgspec.Struct, frozen=True):
    """The part of a result or a reason that tells which input it belongs to."""

    input: _Input
    status: str
    attempts: int = 1
    error: dict[str, Any] | None = None
    quarantined_at: str | None = None
    processed_at: str | None = None
    archived: str | None = None
    source: str | None = None
    """"api": `process_sensor_data` added the record; no input here belongs to it."""

    @property
    def name(self) -> bytes:
        """The input's name below incoming."""
        if self.input.name_b64 is None:
            return self.input.name.encode()
        return base64.b64decode(self.input.name_b64)

    @property
    def sha256(self) -> str:
        """The hash of the input's bytes, hexadecimal."""
        return self.input.sha256

    def belongs_to(self, name: bytes, sha256: str) -> bool:
        """Return whether this is the record of that input: the same name, the same bytes."""
        return self.sha256 == sha256 and self.name == name

    def as_previous(self) -> dict[str, Any]:
        """Return what the next record of the same name keeps of this reason."""
        return {
            "sha256": self.sha256,
            "error": self.error,
            "attempts": self.attempts,
            "quarantined_at": self.quarantined_at,
        }


_decoder = msgspec.json.Decoder(Head)


def head_of(record: bytes) -> Head | None:
    """Return the head of a record, or None where the bytes are no record (torn, or somebody else's JSON)."""
    try:
        head = _decoder.decode(record)
        _ = head.name
    except (msgspec.MsgspecError, binascii.Error, UnicodeError):
        return None
    return head


def with_field(record: bytes, key: str, value: Any) -> bytes:
    """Return a record with one more key at its end, everything else as it was, to the byte."""
    field = b",\n  " + msgspec.json.encode(key) + b": " + msgspec.json.encode(value) + b"\n}\n"
    return record.rstrip().removesuffix(b"}").rstrip() + field


def with_remark(record: bytes, remark: str) -> bytes:
    """Return a reason whose message begins with one more remark."""
    document: dict[str, Any] = msgspec.json.decode(record)
    document["error"]["message"] = f"{remark}; {document['error']['message']}"
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def with_previous(record: bytes, earlier: Head, *, same_input: bool, accepted: bool) -> bytes:
    """Return a record that keeps the earlier reason; the attempts at the same input add up."""
    if same_input and not accepted:
        document: dict[str, Any] = msgspec.json.decode(record)
        document["attempts"] = document.get("attempts", 1) + earlier.attempts
        record = msgspec.json.format(msgspec.json.encode(document), indent=2)
    return with_field(record, "previous", earlier.as_previous())
