"""Finding a slice by typing: "block 1 head 2 query bias", "embed s", "position 3", "c_proj", "lm_head.weight[5, 31]".

What is typed is a row of items: words, numbers that belong to the word before them, and an index in brackets. Every
named slice (``weightdeck.run.named_slices``) is read against it. It is found when every item says something about it,
in whatever order; rows and columns that are named narrow it down. A word may be cut short.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from weightdeck.run.layout import EMBEDDING, Layout, layout
from weightdeck.run.named_slices import Extents, NamedSlice, named_slices, slice_of
from weightdeck.run.slices import Index, ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Strip
from weightdeck.run.words import BOUNDARY, part_title

LONGEST = 200  # characters that are read
MOST_ITEMS = 24
LOOSE = 2  # title words that a row costs which was not called one: "head 5"

_ITEM = re.compile(r"\[(?P<inside>[^\]]*)\]?|(?P<word>[^\s\[\],;\"“”]+)")
_JOINED = re.compile(r"(?:[^\W\d_]+[0-9]+(?:\.[0-9]+)?)+")  # "block1", "L0H1"
_PIECE = re.compile(r"[^\W\d_]+|[0-9.]+")
_HEAD = re.compile(r"([0-9]+)\.([0-9]+)")
_RANGE = re.compile(r"(.+?)([…:–-])(.+)")
_FILLERS = frozenset(("of", "the", "for", "at", "from", "and", "with"))

# Words for a tensor beside those of its title and of its own name.
_SYNONYMS = {
    "wte": "embedding token vector",
    "wpe": "positional embedding",
    "lm_head": "output unembedding logits",
    "ln_1": "layernorm",
    "ln_2": "layernorm",
    "ln_f": "layernorm last",
    "attn.c_attn": "attention qkv",
    "attn.c_proj": "output projection",
    "mlp.c_fc": "input hidden neuron feedforward",
    "mlp.c_proj": "output projection neuron feedforward",
}
# Words whose number is a row, and words whose number is a column.
_PLACES = {
    "wte": ("row token", "column feature"),
    "wpe": ("row position", "column feature"),
    "lm_head": ("row token", "column feature"),
    "attn.c_attn": ("row", "column feature"),
    "attn.c_proj": ("row feature", "column"),
    "mlp.c_fc": ("row neuron", "column feature"),
    "mlp.c_proj": ("row feature", "column neuron"),
}
_VECTOR_PLACES = "row element feature"
# Words whose number is that of the block.
_BLOCK_WORDS = ("block", "layer", "attention", "attn", "mlp", "query", "key", "value", "qkv")


def search(
    text: str, layout: Layout, vocabulary: Sequence[str], limit: int = 50
) -> tuple[ParameterSlice, ...]:
    """Slices that `text` may mean, the best first, whole tensors before their parts; empty when there is none.

    Numbers count within the tensor, as they are written; of a head's share also from its own beginning. Of a long text
    only the beginning is read.
    """
    items = _items(text[:LONGEST])
    if not items:
        return ()
    tokens = {token.lower(): place for place, token in enumerate(vocabulary)}
    tokens |= {token: place for place, token in enumerate(vocabulary)}
    if BOUNDARY in tokens:
        tokens |= dict.fromkeys(("start", "end"), tokens[BOUNDARY])
    found: dict[ParameterSlice, tuple[int, int]] = {}
    for order, entry in enumerate(_entries(layout.model)):
        reading = _Reading(entry, tokens if entry.has_tokens else {})
        if all(reading.take(item) for item in items):
            target, score = reading.target(), (reading.distance(), order)
            found[target] = min(score, found.get(target, score))
    return tuple(sorted(found, key=lambda target: found[target])[:limit])


@dataclass(frozen=True, slots=True)
class _Entry:
    """A named slice and how it may be called, in lower case."""

    named: NamedSlice
    whole: Extents  # of its tensor
    title: frozenset[str]  # the words of its title
    words: frozenset[str]  # these and all others
    numbers: Mapping[str, int]  # the number that a word has here: block 1, head 2, norm 1
    rows: frozenset[str]
    columns: frozenset[str]
    has_tokens: bool  # its rows are tokens


@lru_cache(maxsize=8)
def _entries(model: ModelSpec) -> tuple[_Entry, ...]:
    return tuple(_entry(named, layout(model)) for named in named_slices(model))


def _entry(named: NamedSlice, layout: Layout) -> _Entry:
    name = named.target.tensor
    info = layout.by_name[name]
    inner = name.removeprefix("transformer.").removeprefix(f"h.{info.block}.")
    kind, _, what = inner.rpartition(".")
    title = _words(part_title(named))
    words = title | _words(name.replace("_", ".").replace(".", " ")) | _words(_SYNONYMS[kind])
    if name == EMBEDDING == layout.head_name:
        words |= _words(_SYNONYMS["lm_head"]) | {"head"}
    numbers: dict[str, int] = {}
    if info.block is not None:
        words |= {"block", "layer"}
        numbers = dict.fromkeys(_BLOCK_WORDS, info.block)
    if kind in ("ln_1", "ln_2"):
        numbers |= dict.fromkeys(("norm", "ln"), int(kind[-1]))
    if named.head is not None and named.head.head is not None:
        numbers["head"] = named.head.head
        words |= {"head"}
    if len(info.shape) == 2:
        rows, columns = map(_words, _PLACES[kind])
    else:
        rows, columns = _words(_VECTOR_PLACES), frozenset[str]()
        words |= {"gain"} if what == "weight" else {"biases"}
        rows |= {"neuron"} if kind == "mlp.c_fc" else set()
    return _Entry(
        named=named,
        whole=tuple((0, size) for size in info.shape),
        title=title,
        words=words | rows | columns,
        numbers=numbers,
        rows=rows,
        columns=columns,
        has_tokens=name in (EMBEDDING, layout.head_name),
    )


def _words(text: str) -> frozenset[str]:
    """The words of a text without its numbers, and without single letters, which say nothing."""
    return frozenset(word for word in text.lower().split() if len(word) > 1 and word.isalpha())


@dataclass(frozen=True, slots=True)
class _Brackets:
    parts: tuple[str, ...]


def _items(text: str) -> list[str | _Brackets]:
    items: list[str | _Brackets] = []
    for match in _ITEM.finditer(text):
        inside, word = match.group("inside"), match.group("word")
        if inside is not None:
            items.append(_Brackets(tuple(part.strip() for part in inside.split(",") if part.strip())))
        elif _JOINED.fullmatch(word):
            items += _PIECE.findall(word)
        elif word.lower() not in _FILLERS:
            items.append(word)
    return items[:MOST_ITEMS]


@dataclass(slots=True)
class _Reading:
    """One entry read against what was typed, item by item."""

    entry: _Entry
    tokens: Mapping[str, int]
    _chosen: dict[int, Index] = field(default_factory=dict)  # by dimension, counted within the tensor
    _said: list[str] = field(default_factory=list)  # words that were typed, in lower case
    _before: str = ""  # the word that a number now would belong to
    _loose: int = 0
    _by_name: bool = False  # called by its tensor's own name

    def take(self, item: str | _Brackets) -> bool:
        """Whether the item says something about the entry."""
        before, self._before = self._before, ""
        if isinstance(item, _Brackets):
            return self._take_brackets(item.parts)
        if (head := _HEAD.fullmatch(item)) is not None:
            return self.entry.named.head == Strip(int(head[1]), int(head[2]))
        index = _index_of(item, self.tokens)
        if item[0].isdigit():
            return index is not None and self._take_number(before, index)
        if index is not None and len(item) == 1 and self._choose(0, index):
            return True
        return self._take_word(item.lower()) or (index is not None and self._choose(0, index))

    def target(self) -> ParameterSlice:
        """The entry, or what was chosen of it."""
        named = self.entry.named
        index = [self._chosen.get(dimension, extent) for dimension, extent in enumerate(named.extents)]
        return slice_of(named.target.tensor, index, self.entry.whole)

    def distance(self) -> int:
        """How many words of its title were not typed; a tensor's own name says them all."""
        if self._by_name and self.entry.named.role is None:
            return self._loose
        unsaid = (word for word in self.entry.title if not any(_begins(said, word) for said in self._said))
        return self._loose + sum(1 for _ in unsaid)

    def _take_word(self, word: str) -> bool:
        if any(_begins(word, known) for known in self.entry.words):
            self._said.append(word)
        elif not word.isalpha() and word in self.entry.named.target.tensor:
            self._by_name = True
        else:
            return False
        self._before = word
        return True

    def _take_number(self, word: str, index: Index) -> bool:
        """The number of a word that was taken already: a block or head, a row, or a column."""
        entry = self.entry
        if not word:
            return False
        numbers = [number for known, number in entry.numbers.items() if _begins(word, known)]
        if index in numbers:
            return True
        for dimension, words in enumerate((entry.rows, entry.columns)):
            if any(_begins(word, known) for known in words):
                return self._choose(dimension, index, shifted=True)
        if numbers:
            return False
        self._loose += LOOSE
        return self._choose(0, index, shifted=True)

    def _take_brackets(self, parts: tuple[str, ...]) -> bool:
        for dimension, part in enumerate(parts):
            index = _index_of(part, self.tokens if dimension == 0 else {})
            if index is None or not self._choose(dimension, index):
                return False
        return True

    def _choose(self, dimension: int, index: Index, *, shifted: bool = False) -> bool:
        """Narrow a dimension down, once. `shifted`: a number outside the entry may count from the entry's beginning."""
        extents = self.entry.named.extents
        if dimension >= len(extents) or dimension in self._chosen:
            return False
        start, stop = extents[dimension]
        for offset in (0, start) if shifted else (0,):
            moved = index + offset if isinstance(index, int) else (index[0] + offset, index[1] + offset)
            first, end = (moved, moved + 1) if isinstance(moved, int) else moved
            if start <= first < end <= stop:
                self._chosen[dimension] = moved
                return True
        return False


def _begins(typed: str, word: str) -> bool:
    return word.startswith(typed) or typed == f"{word}s"


def _index_of(text: str, tokens: Mapping[str, int]) -> Index | None:
    """A number, a token, or a range of either: "5", "s", "0:16" without its end, "0…15" and "a-e" with it."""
    place = _place_of(text, tokens)
    if place is not None:
        return place
    match = _RANGE.fullmatch(text)
    if match is None:
        return None
    first, last = _place_of(match[1], tokens), _place_of(match[3], tokens)
    if first is None or last is None:
        return None
    return first, last + (match[2] != ":")


def _place_of(text: str, tokens: Mapping[str, int]) -> int | None:
    if text.isascii() and text.isdigit():
        return int(text)
    return tokens.get(text, tokens.get(text.lower()))
