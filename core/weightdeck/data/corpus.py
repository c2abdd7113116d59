"""What a data set offers, whichever it is."""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

from weightdeck.data.induction import InductionCorpus
from weightdeck.data.names import NamesCorpus
from weightdeck.data.sort import SortCorpus
from weightdeck.data.split import Split
from weightdeck.data.tokenizer import CharTokenizer
from weightdeck.run.frame import Prompt

_CORPORA: dict[str, type[NamesCorpus] | type[SortCorpus] | type[InductionCorpus]] = {
    "names": NamesCorpus,
    "sort": SortCorpus,
    "induction": InductionCorpus,
}


class Corpus(Protocol):
    """Texts to learn from. An item is in `train` or in `validation`, never in both."""

    block_size: int
    tokenizer: CharTokenizer
    train: Split
    validation: Split
    has_answers: bool  # an item's targets follow from its opening, so that a sample can be right or wrong
    left_out: int  # items that were too long for block_size and are in neither split

    def prompt(self, text: str) -> Prompt:
        """`text` as the model sees it (``CharTokenizer.prompt``), with a sentence about what is wrong."""

    def openings(self, count: int) -> tuple[str, ...]:
        """`count` texts for generated samples to begin with.

        A sample ends with the end token, or when it has block_size + 1 tokens, start and opening included.
        """

    def contains(self, text: str) -> bool:
        """Whether `text` is one of the items, of either split."""

    def verdict(self, text: str) -> str:
        """What there is to say about a finished sample: "in the data", "new"; with answers "right", "wrong"."""


@lru_cache(maxsize=4)  # the trainer of the past, and those that compare, need the one of the run
def load_corpus(dataset: str, block_size: int, seed: int) -> Corpus:
    """The data set of this name, divided by `seed`. Shared by whoever asks: nobody may change it.

    Raises ``ValueError`` with a sentence when there is none, or when `block_size` is too short for it.
    """
    if dataset not in _CORPORA:
        raise ValueError(f"There is no data set called {dataset!r}; known: {', '.join(_CORPORA)}.")
    return _CORPORA[dataset](block_size, seed)
