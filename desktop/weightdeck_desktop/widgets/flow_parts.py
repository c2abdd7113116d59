"""What a flow of pictures is made of: bands from top to bottom, in each the stages that follow one another."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple


class Link(Enum):
    """How a stage hangs together with the one before it."""

    NONE = "none"  # it stands beside it
    ARROW = "arrow"  # it is made from it
    PLUS = "plus"  # the two are added
    JOIN = "join"  # the one before is added to the stream, which passed it by; this is made from the sum


class FlowCell(NamedTuple):
    """A number of a stage; `picture` counts the stage's pictures, which stand side by side."""

    stage: str
    picture: int
    row: int
    column: int


@dataclass(frozen=True, slots=True)
class FlowStage:
    """A captioned picture, or several of one kind side by side."""

    key: str
    caption: str
    pictures: int = 1
    is_square: bool = False  # as wide as high; others share the width that is left
    share: float = 1.0  # of that width
    link: Link = Link.ARROW
    starts_line: bool = False
    may_cut: bool = False  # pictures that find no room may be left out; the caption says how many
    sketch: tuple[tuple[float, float], ...] = ()  # a curve in the unit square, y upwards, instead of values
    bars: bool = False  # named bars instead of values


@dataclass(frozen=True, slots=True)
class FlowBand:
    """A named row of stages. One that can be opened has a chevron before its name."""

    key: str
    name: str
    tip: str
    stages: tuple[FlowStage, ...] = ()
    note: str = ""  # small, under the name
    can_open: bool = False
    is_open: bool = False
    has_chips: bool = False  # the flow's chips stand in it: what goes in at the top


@dataclass(frozen=True, slots=True)
class FlowBar:
    """A line of a stage of bars."""

    name: str
    share: float  # of the longest that there may be: 0 to 1, or -1 to 1 of what is signed
    words: str
    signed: bool = False
    is_wrong: bool = False  # its number; the words say so too


class StopKind(Enum):
    CHIP = "chip"
    BAND = "band"
    STAGE = "stage"


class Stop(NamedTuple):
    """Where the keyboard can stand. `key` is a chip's place, as text, or the key of a band or a stage."""

    kind: StopKind
    key: str
