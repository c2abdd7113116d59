"""Questions that are under way, one for each purpose: a newer one of the same purpose replaces it."""

from __future__ import annotations

from typing import Generic, TypeVar

from weightdeck.run.queries import Answer, Query
from weightdeck.run.session import Session

Purpose = TypeVar("Purpose")


class Questions(Generic[Purpose]):
    """Numbers what is asked; answers that nobody waits for any more are dropped. Lives on the GUI thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._purposes: dict[int, Purpose] = {}

    def ask(self, purpose: Purpose, query: Query) -> None:
        """Ask, in place of what was asked for the same purpose and is not answered."""
        self.drop(purpose)
        self._purposes[self._session.ask(query)] = purpose

    def drop(self, purpose: Purpose) -> None:
        """The answer is of no use any more."""
        for number in [number for number, other in self._purposes.items() if other == purpose]:
            del self._purposes[number]
            self._session.cancel(number)

    @property
    def purposes(self) -> set[Purpose]:
        """What is waited for."""
        return set(self._purposes.values())

    def waits_for(self, purpose: Purpose) -> bool:
        return purpose in self._purposes.values()

    def take(self, answer: Answer) -> Purpose | None:
        """The purpose of an answer that is waited for; None for others."""
        return self._purposes.pop(answer.number, None)

    def forget(self) -> None:
        """Another run: what was asked was asked of the last."""
        for number in self._purposes:
            self._session.cancel(number)
        self._purposes.clear()
