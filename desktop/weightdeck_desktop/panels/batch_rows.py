"""The sequences of a batch as rows of cells, in an order, and what is said of them. No widgets.

A cell stands for the token that came next at its position, since that is what the loss there is of; the token that a
sequence begins with is given, and stands before the cells. Letters: B sequences, T positions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from weightdeck.run.inside import BatchReading, Ints
from weightdeck.run.words import BOUNDARY
from weightdeck_desktop.panels.token_words import given_tokens, next_tokens
from weightdeck_desktop.widgets.batch_map import Place, TokenRows
from weightdeck_desktop.widgets.plain_number import plain_number

DRAWN, WORST, BEST = range(3)  # orders, by place in the switch
ORDERS = ("drawn", "worst", "best")  # the same in settings
WITHIN = 0.95  # share of the losses that the colours' range holds
_BEFORE, _AFTER = 12, 10  # tokens of a sequence that its words show about their middle


class BatchRows:
    """A reading with the names of its tokens."""

    def __init__(self, reading: BatchReading, vocabulary: Sequence[str]) -> None:
        self.reading = reading
        size = int(max(reading.ids.max(initial=0), reading.targets.max(initial=0))) + 1
        numbers = tuple(map(str, range(len(vocabulary), size)))  # a vocabulary of another model
        self._signs = (*vocabulary, *numbers)
        self._given = (*given_tokens(vocabulary), *numbers)
        self._next = (*next_tokens(vocabulary), *numbers)
        self.counted: NDArray[np.bool_] = reading.targets >= 0  # (B, T)
        self._following = _following(reading, self.counted)  # (B, T) -1 after the last
        self.means = _means(reading, self.counted)  # (B,) nats; NaN where nothing counts

    @property
    def count(self) -> int:
        return len(self.reading.ids)

    @property
    def has_given(self) -> bool:
        """Whether there are cells whose loss does not count."""
        places = np.arange(self.counted.shape[1])
        return bool((~self.counted & (places < self.reading.lengths[:, None])).any())

    def is_counted(self, row: int, position: int) -> bool:
        """Whether the batch has such a loss."""
        rows, positions = self.counted.shape
        return 0 <= row < rows and 0 <= position < positions and bool(self.counted[row, position])

    def following(self, row: int, position: int) -> int | None:
        """The token that came next, also where its loss does not count; None after the last."""
        token = int(self._following[row, position])
        return None if token < 0 else token

    def order(self, order: int) -> tuple[int, ...]:
        """Rows from top to bottom; a loss that is no number is the worst, rows where nothing counts are last."""
        if order == DRAWN:
            return tuple(range(self.count))
        worse = np.where(np.isnan(self.means), np.inf, self.means)
        ranked: list[int] = np.argsort(-worse if order == WORST else worse, kind="stable").tolist()
        return tuple(sorted(ranked, key=lambda row: not self.counted[row].any()))  # stable: else as ranked

    def largest(self) -> float:
        """How large the losses are, but for the largest few; NaN where none is finite."""
        losses = self.reading.losses
        finite = losses[np.isfinite(losses)]
        return float(np.quantile(finite, WITHIN)) if finite.size else math.nan

    def cells(self) -> TokenRows:
        """What the map shows."""
        lengths = tuple(self.reading.lengths.tolist())
        return TokenRows(
            self.reading.losses,
            self.means.astype(np.float32),
            lengths,
            tuple(f"{row} {self._signs[first]}" for row, first in enumerate(self.reading.ids[:, 0].tolist())),
            tuple(
                tuple("" if token < 0 else self._signs[token] for token in tokens[:length])
                for tokens, length in zip(self._following.tolist(), lengths, strict=True)
            ),
        )

    # Words

    def place_words(self, place: Place) -> str:
        """What a cell says, or a row."""
        row, position = place
        if position is None:
            return self._row_words(row)
        start = _tr("sequence {0}, token {1}: ").format(row, position)
        token = self.following(row, position)
        context = self._context(row, position)
        if token is None or not self.counted[row, position]:
            came = "" if token is None else _tr(" comes “{0}”, which").format(self._next[token])
            return start + _tr("after {0}{1} is given: its loss does not count (hatched)").format(
                context, came
            )
        loss = float(self.reading.losses[row, position])
        came = _tr("the end") if self._signs[token] == BOUNDARY else f"“{self._next[token]}”"
        return start + _tr("after {0} came {1} · {2}").format(context, came, loss_words(loss))

    def named(self, row: int) -> str:
        """A sequence in a line, a bar before the token that was the worst: "w|yatt · mean 3.41 nats, 6.20 at “y”"."""
        losses = np.where(self.counted[row], self.reading.losses[row], -np.inf)
        worst = int(np.argmax(np.where(np.isnan(losses), np.inf, losses)))
        before = self._text(row, 0, worst + 1)
        after = self._text(row, worst + 1, int(self.reading.lengths[row]) + 1)
        if len(before) > _BEFORE:
            before = ["…", *before[1 - _BEFORE :]]
        if len(after) > _AFTER:
            after = [*after[: _AFTER - 1], "…"]
        token = int(self.reading.targets[row, worst])
        came = _tr("the end") if self._signs[token] == BOUNDARY else f"“{self._next[token]}”"
        return _tr("{0}|{1} · mean {2} nats, {3} at {4}").format(
            "".join(before),
            "".join(after),
            _nats(float(self.means[row])),
            _nats(float(self.reading.losses[row, worst])),
            came,
        )

    def table(self) -> list[list[str]]:
        """A row for every token that was to be predicted; the loss is empty where it does not count."""
        rows = [["step", "sequence", "token", "after", "came next", "loss in nats", "probability"]]
        for row, length in enumerate(self.reading.lengths.tolist()):
            for position in range(length):
                token = self.following(row, position)
                loss = float(self.reading.losses[row, position])
                counts = bool(self.counted[row, position])
                rows.append(
                    [
                        *(str(self.reading.step), str(row), str(position)),
                        self._given[int(self.reading.ids[row, position])],
                        "" if token is None else self._next[token],
                        f"{loss:.9g}" if counts else "",
                        f"{math.exp(-loss):.9g}" if counts else "",
                    ]
                )
        return rows

    def _row_words(self, row: int) -> str:
        text = self._text(row, 0, int(self.reading.lengths[row]) + 1)
        shown = "".join(text if len(text) <= _BEFORE + _AFTER else [*text[: _BEFORE + _AFTER - 1], "…"])
        words = _tr("sequence {0}: “{1}” · ").format(row, shown)
        counted = int(self.counted[row].sum())
        if not counted:
            return words + _tr("no loss counts in it")
        return words + _tr("mean {0} nats over {1} tokens").format(_nats(float(self.means[row])), counted)

    def _text(self, row: int, first: int, last: int) -> list[str]:
        """Signs of the tokens from `first` up to `last`, the one after the last position being the last that came."""
        ids = self.reading.ids[row, : self.reading.lengths[row]].tolist()
        final = self.following(row, len(ids) - 1) if ids else None
        whole = [*ids, *([] if final is None else [final])]
        return [self._signs[token] for token in whole[first:last] if self._signs[token] != BOUNDARY]

    def _context(self, row: int, position: int) -> str:
        text = self._text(row, 0, position + 1)
        if not text:
            return _tr("the start")
        return f"“{''.join(text if len(text) <= _BEFORE else ['…', *text[1 - _BEFORE :]])}”"


def loss_words(loss: float) -> str:
    """A loss with the probability that it is of."""
    if math.isnan(loss):
        return _tr("loss not a number")
    return _tr("{0} nats · probability {1}").format(_nats(loss), plain_number(math.exp(-loss), 3))


def _nats(loss: float) -> str:
    if not math.isfinite(loss):
        return "NaN" if math.isnan(loss) else "∞"
    return plain_number(loss, 2)


def _following(reading: BatchReading, counted: NDArray[np.bool_]) -> Ints:
    later = np.full_like(reading.ids, -1)
    later[:, :-1] = reading.ids[:, 1:]
    places = np.arange(1, reading.ids.shape[1] + 1)
    given = np.where(places < reading.lengths[:, None], later, -1)
    return np.where(counted, reading.targets, given)


def _means(reading: BatchReading, counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    sums = np.where(counted, reading.losses, 0.0).astype(np.float64).sum(1)
    counts = counted.sum(1)
    return np.divide(sums, counts, out=np.full(len(sums), np.nan), where=counts > 0)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Batch", text)
