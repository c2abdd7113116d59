"""What travels from the window to the trainer thread, in one queue."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

from weightdeck.run.commands import Command, continues
from weightdeck.run.frame import Interest, Pace
from weightdeck.run.queries import Query
from weightdeck.run.spec import RunSpec


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
class SetPace:
    pace: Pace


@dataclass(frozen=True, slots=True)
class Hold:
    held: bool


@dataclass(frozen=True, slots=True)
class OpenRun:
    spec: RunSpec


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


Message = (
    Submit | Ask | Cancel | Play | Pause | StepOnce | SetPace | Hold | OpenRun | Watch | Mark | Taken | Close
)


def coalesced(messages: list[Message]) -> list[Message]:
    """What of a batch of messages is to be handled: nothing else when it is time to close, and no edit of a drag that
    the next edit of the same drag replaces (only applied values are journalled).
    """
    if Close() in messages:
        return [Close()]
    return [
        message
        for message, following in zip_longest(messages, messages[1:])
        if not (
            isinstance(message, Submit)
            and isinstance(following, Submit)
            and continues(following.command, message.command)
        )
    ]
