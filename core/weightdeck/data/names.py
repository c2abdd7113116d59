"""Real first names of the 1990 United States census, from the PyPI package ``names`` (public domain data)."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from string import ascii_lowercase

from weightdeck.data.split import build_split, divide
from weightdeck.data.tokenizer import CharTokenizer
from weightdeck.run.frame import Prompt

HELD_OUT = 0.1
SHORTEST_CONTEXT = 4  # the start token and three letters; fewer names than that would leave are no data set
_FILES = ("dist.male.first", "dist.female.first")


class NamesCorpus:
    """Lower-case names, each once whatever its frequency; token 0 starts and ends a name."""

    has_answers = False

    def __init__(self, block_size: int, seed: int) -> None:
        if block_size < SHORTEST_CONTEXT:
            raise ValueError(f"Names need a block_size of at least {SHORTEST_CONTEXT}; it is {block_size}.")
        self.block_size = block_size
        self.tokenizer = CharTokenizer(ascii_lowercase, boundary=True)
        names = [name for name in census_names() if len(name) < block_size]
        self.left_out = len(census_names()) - len(names)
        self._names = frozenset(names)
        train, validation = divide(names, seed, HELD_OUT)
        self.train = build_split(train, self._tokens, 0, block_size)
        self.validation = build_split(validation, self._tokens, 0, block_size)

    def _tokens(self, name: str) -> list[int]:
        return [0, *self.tokenizer.encode(name)[0], 0]

    def prompt(self, text: str) -> Prompt:
        return self.tokenizer.prompt(text, self.block_size)

    def openings(self, count: int) -> tuple[str, ...]:
        return ("",) * count

    def contains(self, text: str) -> bool:
        return text in self._names

    def verdict(self, text: str) -> str:
        return "in the data" if self.contains(text) else "new"


@lru_cache(maxsize=1)
def census_names() -> tuple[str, ...]:
    """Every first name once, lower-case and sorted. Each line of the files is a name and its frequencies."""
    found: set[str] = set()
    for file in _FILES:
        lines = files("names").joinpath(file).read_text(encoding="ascii").splitlines()
        found.update(line.split()[0].lower() for line in lines)
    return tuple(sorted(name for name in found if set(name) <= set(ascii_lowercase)))
