"""A block of random characters said again and again, "k7Qdk7Qdk7Q": what comes next can only be looked up.

No character follows another more often than chance over the whole data, so counting letters or pairs is worth
nothing; a model has to find where the character stood before and copy what came after it. Two layers of attention
learn that within a few hundred steps: the phase change of Olsson et al. 2022, "In-context Learning and Induction
Heads".

Letters: N items, V vocabulary, U tokens of an item (block_size + 1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_lowercase, ascii_uppercase, digits

import numpy as np
from numpy.typing import NDArray

from weightdeck.data.randomness import draw_indices
from weightdeck.data.split import Split, build_even_split, divide
from weightdeck.data.tokenizer import CharTokenizer
from weightdeck.run.frame import Prompt

CHARACTERS = ascii_lowercase + ascii_uppercase + digits + "#@"
PERIODS = range(4, 17)  # lengths of a block, each as likely
ITEMS = 16_384
HELD_OUT = 1 / 32
SHORTEST_CONTEXT = 2 * PERIODS[-1]  # half of what the longest block's item asks is then an answer


class InductionCorpus:
    """Random blocks of distinct characters, each repeated until the item is block_size + 1 long. No start token.

    Only targets from a block's second round on count: before, nothing says how it goes on. Which characters, how
    long a block, and whether it is held out, all follow from the seed.
    """

    has_answers = True
    left_out = 0

    def __init__(self, block_size: int, seed: int) -> None:
        if block_size < SHORTEST_CONTEXT:
            raise ValueError(
                f"Induction needs a block_size of at least {SHORTEST_CONTEXT}; it is {block_size}."
            )
        self.block_size = block_size
        self.tokenizer = CharTokenizer(CHARACTERS, boundary=False)
        tokens_NU, periods_N = _draw(seed, block_size + 1)
        letters_NU = np.array(tuple(CHARACTERS))[tokens_NU]
        items: list[str] = letters_NU.view(f"U{block_size + 1}")[:, 0].tolist()
        rows = {item: row for row, item in enumerate(items)}  # equal items once
        self._items = rows.keys()

        def split(side: Sequence[str]) -> Split:
            chosen = [rows[item] for item in side]
            return build_even_split(side, tokens_NU[chosen], periods_N[chosen])

        self.train, self.validation = map(split, divide(rows, seed, HELD_OUT))

    def prompt(self, text: str) -> Prompt:
        prompt = self.tokenizer.prompt(text, self.block_size)
        if prompt.ids and len(set(prompt.ids)) == len(prompt.ids):
            early = "The model learns to answer once a character comes again; before, it is untrained."
            return replace(prompt, problem=f"{prompt.problem} {early}".lstrip())
        return prompt

    def openings(self, count: int) -> tuple[str, ...]:
        """Held-out blocks, evenly spread, up to where even the longest has begun again."""
        items = self.validation.items
        return tuple(items[i * len(items) // count][: PERIODS[-1] + 1] for i in range(count))

    def contains(self, text: str) -> bool:
        return text in self._items

    def verdict(self, text: str) -> str:
        return "right" if repeats(text) else "wrong"


def repeats(text: str) -> bool:
    """Whether `text` goes on as it began once its first character comes again: "abcabca" does, "abcabcc" does not."""
    period = text.find(text[:1], 1)
    return period > 0 and text[period:] == text[:-period]


def _draw(seed: int, length: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(N, U) tokens of all items, and (N,) the lengths of their blocks."""
    # The order of random numbers is a random order; the rare equal ones keep theirs.
    keys = draw_indices(seed, "induction/characters", 0, ITEMS * len(CHARACTERS), 2**32 - 1)
    order_NV = keys.reshape(ITEMS, -1).argsort(axis=1, kind="stable")
    periods_N = PERIODS[0] + draw_indices(seed, "induction/periods", 0, ITEMS, len(PERIODS))
    return np.take_along_axis(order_NV, np.arange(length) % periods_N[:, None], axis=1), periods_N
