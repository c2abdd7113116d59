"""Characters as tokens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from weightdeck.run.frame import Prompt
from weightdeck.run.words import BOUNDARY

MOST_SHOWN = 6  # characters that a sentence lists one by one


@dataclass(frozen=True)
class CharTokenizer:
    """One token for each of `characters`, in that order.

    With `boundary`, token 0 starts and ends every text and the characters count from 1; without, they count
    from 0 and a text has neither start nor end.
    """

    characters: str
    boundary: bool

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """What each token is called on screen."""
        return (BOUNDARY, *self.characters) if self.boundary else tuple(self.characters)

    @property
    def vocab_size(self) -> int:
        return len(self.vocabulary)

    @property
    def start(self) -> int | None:
        """The token before the first character and after the last, or None."""
        return 0 if self.boundary else None

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {character: index for index, character in enumerate(self.characters, start=int(self.boundary))}

    def encode(self, text: str) -> tuple[list[int], list[str]]:
        """The ids of the known characters, without start or end; and the unknown characters as typed."""
        ids = [self._ids[character] for character in text if character in self._ids]
        unknown = [character for character in text if character not in self._ids]
        return ids, unknown

    def decode(self, ids: Iterable[int]) -> str:
        """The characters of `ids`; the start/end token has none."""
        return "".join(self.vocabulary[index] for index in ids if index != self.start)

    def prompt(self, text: str, block_size: int) -> Prompt:
        """`text` as a model with this context sees it: the start token, if any, and the known characters.

        Of a prompt that is too long the last characters are seen and `cut` counts the known ones before them.
        The start token stays in front: in training the first position never holds anything else. Where there
        is none, a prompt without known characters has no ids and `problem` says so: there is nothing to
        predict from.
        """
        characters, unknown = self.encode(text)
        opening = [] if self.start is None else [self.start]
        cut = max(0, len(characters) + len(opening) - block_size)
        ids = opening + characters[cut:]
        problems = [self._left_out(unknown)] if unknown else []
        if not ids:
            problems.append(f"There is nothing to predict from: type at least one of {self._known}.")
        tokens = tuple(self.vocabulary[index] for index in ids)
        return Prompt(text, tuple(ids), tokens, cut, " ".join(problems))

    def _left_out(self, unknown: list[str]) -> str:
        distinct = list(dict.fromkeys(unknown))
        shown = ", ".join(_shown(character) for character in distinct[:MOST_SHOWN])
        more = " and more" if len(distinct) > MOST_SHOWN else ""
        other_case = [c.swapcase() for c in distinct[:MOST_SHOWN] if c.swapcase() in self._ids]
        hint = f"; type {', '.join(other_case)} instead" if other_case else ""
        return f"Left out: {shown}{more}. This model knows only {self._known}{hint}."

    @property
    def _known(self) -> str:
        if len(self.characters) <= MOST_SHOWN:
            return ", ".join(self.characters)
        # Characters in a row stay as far from their places as the first of them.
        rows = groupby(enumerate(map(ord, self.characters)), lambda place: place[1] - place[0])
        texts = ["".join(chr(code) for _, code in row) for _, row in rows]
        return ", ".join(text if len(text) == 1 else f"{text[0]} to {text[-1]}" for text in texts)


def _shown(character: str) -> str:
    names = {" ": "space", "\t": "tab", "\n": "line break"}
    return names.get(character, character if character.isprintable() else f"U+{ord(character):04X}")
