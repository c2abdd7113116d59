"""What a run file is made of, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

KINDS = ("branch", "command", "metrics", "record", "numerics")


@dataclass(frozen=True, slots=True)
class LogRow:
    """Something that happened. `kind` is one of `KINDS`; `step` is the updates made by then, in branch `branch`."""

    kind: str
    branch: int
    step: int
    data: bytes


@dataclass(frozen=True, slots=True)
class KeyframeKey:
    """Which moment a keyframe is."""

    number: int  # counts the keyframes of the file, dropped ones too
    branch: int
    step: int
    entries: int  # journal entries of its branch, from step 0 on, that it includes
    kept: bool  # never thinned out
    size: int  # bytes of its tensors


@dataclass(frozen=True, slots=True)
class StoredKeyframe:
    """A keyframe as bytes."""

    key: KeyframeKey
    tensors: bytes  # safetensors: every parameter and both moments
    rest: bytes  # JSON: controls, and the pages that make up its undo stack
    pages: tuple[bytes, ...]  # SHA-256 of the pages that it needs


@dataclass(frozen=True, slots=True)
class Changes:
    """What one commit writes, all of it or nothing. A page goes when the last keyframe that needs it is dropped."""

    rows: Sequence[LogRow] = ()
    keyframes: Sequence[StoredKeyframe] = ()
    dropped: Sequence[int] = ()  # numbers of keyframes
    pages: Mapping[bytes, bytes] = field(default_factory=dict)  # by SHA-256; known ones are passed over
    notes: Mapping[str, bytes] = field(default_factory=dict)
