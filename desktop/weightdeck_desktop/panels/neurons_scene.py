"""One block's neurons at one moment: their numbers, the one in hand, and what is said of them. No widgets.

Letters: F neurons of a block, T tokens of the prompt.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from weightdeck.run.inside import Floats, NeuronStudy
from weightdeck.run.strips import Mix
from weightdeck_desktop.panels.inspector_words import value_words
from weightdeck_desktop.panels.neurons_readings import (
    ACTIVE,
    LARGEST,
    ON_PROMPT,
    dead_neurons,
    held_neurons,
    held_words,
    late_words,
    muted_words,
    share_words,
)


@dataclass(frozen=True, slots=True)
class Scene:
    """`token` is the one in hand; `post_TF` and `study` are None where they have not come."""

    block: int
    neuron: int
    count: int  # neurons of a block, 0 before there is a model
    token: int
    tokens: tuple[str, ...]  # as a person meets them
    post_TF: Floats | None
    study: NeuronStudy | None
    mix: Mix
    step: int | None  # of the prompt's numbers; the study's may be another

    @property
    def post_F(self) -> Floats | None:
        """What the neurons are at the token in hand."""
        return None if self.post_TF is None else self.post_TF[self.token]

    @property
    def dead_F(self) -> NDArray[np.bool_]:
        """None are known to be dead before the data were studied."""
        return np.zeros(self.count, dtype=np.bool_) if self.study is None else dead_neurons(self.study)

    @property
    def held_F(self) -> NDArray[np.bool_]:
        return held_neurons(self.mix, self.block, self.count)

    def title(self) -> str:
        """The neuron in hand and what a hand does to it."""
        return _tr("neuron {0}").format(self.neuron) + held_words(self.mix, self.block, self.neuron)

    def firing_words(self) -> str:
        """Its number at the token in hand."""
        if self.post_F is None:
            return _tr("firing on the prompt")
        value = value_words(float(self.post_F[self.neuron]))
        return _tr("firing: {0} at “{1}”").format(value, self.tokens[self.token])

    def cell_words(self, neuron: int) -> str:
        """All that is known of one neuron, in a line."""
        words = _tr("neuron {0}").format(neuron)
        if self.post_F is not None:
            value = value_words(float(self.post_F[neuron]))
            words += _tr(" · {0} at token {1} “{2}”").format(value, self.token, self.tokens[self.token])
        if self.study is not None:
            share = share_words(float(self.study.active[neuron]))
            words += _tr(" · dead") if self.dead_F[neuron] else _tr(" · active {0}").format(share)
        return words + held_words(self.mix, self.block, neuron)

    def legend(self, measure: int) -> str:
        """What the colours show, and all neurons in a line: how many are dead, how many are held."""
        dead, held = int(self.dead_F.sum()), int(self.held_F.sum())
        if self.study is None:
            words = _tr("{0:,} neurons").format(self.count)
        elif dead:
            words = _tr("{0:,} dead of {1:,} (crossed)").format(dead, self.count)
        else:
            words = _tr("0 dead of {0:,}").format(self.count)
        late = late_words(self.study, self.step)
        words = {
            ON_PROMPT: _tr("firing · {words}{late}"),
            ACTIVE: _tr("of all tokens{late} · {words}"),
            LARGEST: _tr("largest firing{late} · {words}"),
        }[measure].format(words=words, late=late)
        if held:
            words += _tr(" · {0:,} held (corner)").format(held)
        return words + muted_words(self.mix, self.block)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Neurons", text)
