"""From activations to rows of heat maps: which prompt, which layers, what is said beside each. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QCoreApplication

from weightdeck.run.frame import Activations, Floats
from weightdeck_desktop.panels.layer_maps import LayerRow
from weightdeck_desktop.panels.token_words import seen_tokens
from weightdeck_desktop.widgets.heatmap import Cell

A, B, DIFFERENCE = 0, 1, 2  # what can be shown of two prompts
PATTERN = "pattern"
WITHIN = 0.95  # share of a map's values that its colours' range holds


@dataclass(frozen=True, slots=True, eq=False)
class ShownMaps:
    """What is shown of some activations: maps of one kind, all of the same tokens."""

    maps: tuple[Floats, ...]  # each (T, F) or (H, T, T)
    first_block: int  # to which block the first map belongs; -1: it is the embedding
    tokens: tuple[str, ...]
    signed: bool

    @property
    def by_head(self) -> bool:
        return self.maps[0].ndim == 3

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        return tuple(values.shape for values in self.maps)

    def index(self, cell: Cell) -> tuple[int, ...]:
        """A cell's address within its tap."""
        place = (cell.row, cell.column)
        return (cell.group, *place) if self.by_head else place

    @property
    def magnitudes(self) -> tuple[float, ...]:
        """How large the values of each map are, but for the largest few; NaN where none is finite."""
        return tuple(map(_magnitude, self.maps))


def shown_maps(activations: Activations, shown: int) -> ShownMaps:
    """The maps of prompt A, of B or of their difference.

    Raises ``ValueError`` with a sentence when there are none.
    """
    if shown == DIFFERENCE:
        tokens = _paired_tokens(activations)
        a, b = activations.maps
        values = [of_a.values - of_b.values for of_a, of_b in zip(a, b, strict=True)]
    else:
        tokens = seen_tokens(activations.prompts[shown])
        values = [layer.values for layer in activations.maps[shown]]
        if not values:
            raise ValueError(activations.prompts[shown].problem)
    # Beside attention patterns the embedding would be of another kind: it has no heads.
    maps = tuple(value for value in values if value.ndim == values[-1].ndim)
    first_block = len(values) - len(maps) - 1
    signed = activations.tap != PATTERN or shown == DIFFERENCE
    return ShownMaps(maps, first_block, tokens, signed)


def layer_rows(shown: ShownMaps, limits: Sequence[float], activations: Activations) -> list[LayerRow]:
    """A row a map, with where its colours end, its spread and what the newest record says of its block."""
    rows = []
    for block, (values, limit) in enumerate(zip(shown.maps, limits, strict=True), start=shown.first_block):
        facts, tips = [], []
        if shown.signed:
            facts.append(f"±{limit:g}")
            tips.append(
                _tr("±: where this layer's colours end; the largest 5 % of the values may lie beyond")
            )
        if not shown.by_head:
            spread = f"σ {values.std():.2f}"
            facts = [" · ".join((*facts, spread))]
            tips.append(_tr("σ: standard deviation of the values shown"))
        if block >= 0 and activations.statistics is not None:
            for fact, tip in _block_facts(block, activations):
                facts.append(fact)
                tips.append(tip)
        heads = range(len(values)) if shown.by_head else ()
        captions = tuple(_tr("head {block}.{head}").format(block=block, head=head) for head in heads)
        rows.append(LayerRow(block_name(block), values, limit, tuple(facts), "\n".join(tips), captions))
    return rows


def _magnitude(values: Floats) -> float:
    sizes = np.abs(values)
    finite = sizes[np.isfinite(sizes)]
    return float(np.quantile(finite, WITHIN)) if finite.size else float("nan")


def block_name(block: int) -> str:
    """ "block 0"; the embedding is block -1."""
    return _tr("embed") if block < 0 else _tr("block {number}").format(number=block)


def _paired_tokens(activations: Activations) -> tuple[str, ...]:
    a, b = (seen_tokens(prompt) for prompt in activations.prompts)
    if len(a) != len(b):
        raise ValueError(_tr("A − B needs equal lengths: A has {a}, B {b}.").format(a=len(a), b=len(b)))
    if not a:
        raise ValueError(activations.prompts[A].problem)
    return tuple(of_a if of_a == of_b else f"{of_a}/{of_b}" for of_a, of_b in zip(a, b, strict=True))


def _block_facts(block: int, activations: Activations) -> list[tuple[str, str]]:
    """Short lines and their tips: dead neurons and attention entropy."""
    statistics = activations.statistics
    assert statistics is not None
    features = next(maps[0].values.shape[-1] for maps in activations.maps if maps)
    neurons = 4 * features  # the MLP is four times as wide as the residual stream (run/layout.py)
    dead = round(float(statistics.dead[block]) * neurons)
    entropy = statistics.entropy[block]
    heads = ", ".join(f"{block}.{head} {nats:.2f}" for head, nats in enumerate(entropy.tolist()))
    step = f"{activations.statistics_step:,}"
    return [
        (
            _tr("dead {dead}/{all}").format(dead=dead, all=neurons),
            _tr("dead: MLP neurons above zero nowhere in the validation sample of step {step}").format(
                step=step
            ),
        ),
        (
            _tr("entropy {nats:.2f}").format(nats=entropy.mean()),
            _tr(
                "entropy: how widely the heads look in that sample, nats; 0 is one letter only. "
                "By head: {heads}"
            ).format(heads=heads),
        ),
    ]


def _tr(text: str) -> str:
    return QCoreApplication.translate("activations", text)
