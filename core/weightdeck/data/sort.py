"""Six letters A, B or C followed by the same letters in order, "CABBACAABBCC": minGPT's demonstration."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

from weightdeck.data.split import build_split, divide
from weightdeck.data.tokenizer import CharTokenizer
from weightdeck.run.frame import Prompt

LETTERS = "ABC"
QUESTION = 6  # letters to sort
HELD_OUT = 0.25
SHORTEST_CONTEXT = 2 * QUESTION - 1  # all but the last letter, which is only predicted


class SortCorpus:
    """All 729 questions with their answers; there is no start token and only the answer's letters count."""

    has_answers = True
    left_out = 0

    def __init__(self, block_size: int, seed: int) -> None:
        if block_size < SHORTEST_CONTEXT:
            raise ValueError(f"Sort needs a block_size of at least {SHORTEST_CONTEXT}; it is {block_size}.")
        self.block_size = block_size
        self.tokenizer = CharTokenizer(LETTERS, boundary=False)
        questions = ["".join(letters) for letters in product(LETTERS, repeat=QUESTION)]
        train, validation = ([solved(q) for q in side] for side in divide(questions, seed, HELD_OUT))
        self.train = build_split(train, self._tokens, QUESTION - 1, block_size)
        self.validation = build_split(validation, self._tokens, QUESTION - 1, block_size)

    def _tokens(self, item: str) -> list[int]:
        return self.tokenizer.encode(item)[0]

    def prompt(self, text: str) -> Prompt:
        prompt = self.tokenizer.prompt(text, self.block_size)
        if 0 < len(prompt.ids) < QUESTION:
            early = f"The model learns to answer after {QUESTION} letters; what it says sooner is untrained."
            return replace(prompt, problem=f"{prompt.problem} {early}".lstrip())
        return prompt

    def openings(self, count: int) -> tuple[str, ...]:
        """Held-out questions, evenly spread."""
        items = self.validation.items
        return tuple(items[i * len(items) // count][:QUESTION] for i in range(count))

    def contains(self, text: str) -> bool:
        return len(text) == 2 * QUESTION and set(text) <= set(LETTERS) and solved(text[:QUESTION]) == text

    def verdict(self, text: str) -> str:
        return "right" if self.contains(text) else "wrong"


def solved(question: str) -> str:
    """A question followed by its answer."""
    return question + "".join(sorted(question))
