"""The questions that the window has asked: one is answered between two steps, the oldest first."""

from __future__ import annotations

from weightdeck.run.queries import Answer, InSlices, Query, SaveFile
from weightdeck.session.long_answers import LongAnswers
from weightdeck.session.open_document import OpenDocument


class Answering:
    """Training and other questions go on beside one that takes long. Owned by the trainer thread."""

    def __init__(self) -> None:
        self._waiting: dict[int, Query] = {}
        self._long = LongAnswers()

    def __bool__(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._waiting or self._long)

    def ask(self, number: int, query: Query) -> None:
        self._waiting[number] = query

    def cancel(self, number: int) -> None:
        self._waiting.pop(number, None)
        self._long.cancel(number)

    def clear(self) -> None:
        """Another document is open: nobody waits for an answer about this one."""
        self._waiting.clear()
        self._long.clear()

    def advance(self, opened: OpenDocument) -> list[Answer]:
        """A slice of the oldest long question, and the oldest of those that wait; what has been answered by that."""
        answers: list[Answer] = []
        if self._long and (answer := self._long.advance()) is not None:
            answers.append(answer)
        if self._waiting:
            number = next(iter(self._waiting))
            query = self._waiting.pop(number)
            if isinstance(query, InSlices):
                self._long.begin(number, query, opened)
            elif isinstance(query, SaveFile):
                answers.append(opened.save(number, query))
            else:
                answers.append(opened.shown.answer(number, query))
        return answers
