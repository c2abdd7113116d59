"""What travels from the window to the trainer thread, in one queue."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import takewhile, zip_longest

from weightdeck.run.commands import Command, continues
from weightdeck.run.document import Annotation, Place, Source
from weightdeck.run.frame import Interest, Pace
from weightdeck.run.half_step import Breakpoint
from weightdeck.run.queries import Query


@dataclass(frozen=True, slots=True)
class Submit:
    number: int
    command: Command


@dataclass(frozen=True, slots=True)
class Ask:
    number: int
    query: Query


@dataclass(frozen=True, slots=True)
class Cancel:
    number: int


@dataclass(frozen=True, slots=True)
class Play:
    until_step: int | None


@dataclass(frozen=True, slots=True)
class Pause:
    pass


@dataclass(frozen=True, slots=True)
class StepOnce:
    pass


@dataclass(frozen=True, slots=True)
class NextPart:
    """Make the next of a step's three parts, and pause."""


@dataclass(frozen=True, slots=True)
class SetBreakpoints:
    breakpoints: tuple[Breakpoint, ...]


@dataclass(frozen=True, slots=True)
class SetPace:
    pace: Pace


@dataclass(frozen=True, slots=True)
class Hold:
    held: bool


@dataclass(frozen=True, slots=True)
class OpenRun:
    source: Source


@dataclass(frozen=True, slots=True)
class Restart:
    """A branch at step 0; None keeps the seed."""

    seed: int | None


@dataclass(frozen=True, slots=True)
class Seek:
    place: Place


@dataclass(frozen=True, slots=True)
class ReturnToNow:
    pass


@dataclass(frozen=True, slots=True)
class PlayFromHere:
    pass


@dataclass(frozen=True, slots=True)
class SwitchTo:
    branch: int


@dataclass(frozen=True, slots=True)
class Annotate:
    annotation: Annotation


@dataclass(frozen=True, slots=True)
class Watch:
    interest: Interest


@dataclass(frozen=True, slots=True)
class Mark:
    """Keep this moment to compare with."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The window took the last frame and is ready for another."""


@dataclass(frozen=True, slots=True)
class Close:
    pass


# What a document keeps, or what decides of which moment that is.
_KEPT = Submit | Annotate | Restart | Seek | ReturnToNow | PlayFromHere | SwitchTo

Message = (
    Submit
    | Ask
    | Cancel
    | Play
    | Pause
    | StepOnce
    | NextPart
    | SetBreakpoints
    | SetPace
    | Hold
    | OpenRun
    | Restart
    | Seek
    | ReturnToNow
    | PlayFromHere
    | SwitchTo
    | Annotate
    | Watch
    | Mark
    | Taken
    | Close
)


def coalesced(messages: list[Message]) -> list[Message]:
    """What of a batch of messages is to be handled: no edit of a drag that the next edit of the same drag replaces
    (only applied values are journalled), no place but the newest that is sought, and when it is time to close only what
    is to be saved before.
    """
    if Close() in messages:
        of_this_run = takewhile(lambda message: not isinstance(message, OpenRun), messages)
        messages = [*(message for message in of_this_run if isinstance(message, _KEPT)), Close()]
    return [
        message
        for message, following in zip_longest(messages, messages[1:])
        if not _is_replaced(message, following)
    ]


def _is_replaced(message: Message, following: Message | None) -> bool:
    if isinstance(message, Seek):
        return isinstance(following, Seek)
    return (
        isinstance(message, Submit)
        and isinstance(following, Submit)
        and continues(following.command, message.command)
    )
