"""What is shown of a block's neurons: which number colours them, in which order they stand, and words. No widgets.

Letters: F neurons of a block, T tokens of the prompt.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QCoreApplication

from weightdeck.run.inside import Context, Floats, NeuronStudy, Taps
from weightdeck.run.strips import Mix, Neuron, Strip
from weightdeck.run.subjects import InBatch, InPrompt
from weightdeck.run.words import BOUNDARY
from weightdeck_desktop.panels.clamps import clamp_text
from weightdeck_desktop.panels.inspector_words import source_words, value_words
from weightdeck_desktop.panels.tap_source import ShownTaps, TapSource, shown_taps
from weightdeck_desktop.panels.token_words import given_tokens
from weightdeck_desktop.widgets.neuron_texts import MarkedText
from weightdeck_desktop.widgets.plain_number import plain_number

ON_PROMPT, ACTIVE, LARGEST = range(3)  # what colours a neuron, by place in the switch
BY_NUMBER, BY_ACTIVE, BY_VALUE = range(3)  # in which order neurons stand, by place in the list


def post_tap(block: int) -> str:
    """Behind the nonlinearity: how strongly neurons fire."""
    return f"blocks.{block}.mlp.post"


def pre_tap(block: int) -> str:
    """Before the nonlinearity: their sums."""
    return f"blocks.{block}.mlp.pre"


def firing_words() -> str:
    """What firing is here, and what it is not."""
    return _tr(
        "Firing is the number that a neuron's sum becomes behind its nonlinearity, one for each token. The name is "
        "borrowed: a cell in a brain sends pulses over time and is a world of its own; this is one line of "
        "arithmetic, and little more than the name is shared."
    )


def shown_prompt(taps: Taps) -> ShownTaps:
    """The first prompt's plain reading. Raises ``ValueError`` with a sentence when there is none."""
    are_of_batch = [isinstance(each.where, InBatch) for each in taps.readings]
    if are_of_batch and all(are_of_batch) and not taps.problem:
        raise ValueError(_tr("The transformer shows the batch now: choose a prompt there."))
    return shown_taps(taps, TapSource.A)


def aside_words(shown: ShownTaps, taps: Taps | None) -> str:
    """Whose numbers are shown; of two prompts also which one."""
    prompts = (
        ()
        if taps is None
        else tuple(each for each in taps.readings if isinstance(each.where, InPrompt) and not each.patches)
    )
    words = source_words(shown)
    return _tr("prompt A {0}").format(words) if len(prompts) > 1 else words


def dead_neurons(study: NeuronStudy) -> NDArray[np.bool_]:
    """(F,) those above 0 nowhere in the data."""
    return np.asarray(study.largest <= 0.0)


def values_of(measure: int, post_F: Floats | None, study: NeuronStudy | None) -> Floats | None:
    """(F,) the numbers that colour the neurons; None where they have not come."""
    if measure == ON_PROMPT:
        return post_F
    if study is None:
        return None
    return study.active if measure == ACTIVE else study.largest


def order_of(kind: int, values_F: Floats | None, study: NeuronStudy | None) -> NDArray[np.intp] | None:
    """(F,) neurons in the order of display, the largest first; None where that is not known yet."""
    sizes_F = values_F if kind == BY_VALUE else None if study is None else study.active
    if sizes_F is None:
        return None
    return np.argsort(np.where(np.isnan(sizes_F), np.inf, -sizes_F), kind="stable")


def held_words(mix: Mix, block: int, neuron: int) -> str:
    """What a hand does to a neuron: " · held at 0.5", or nothing."""
    clamps = dict(mix.clamps)
    words = ""
    held = clamps.get(Neuron(post_tap(block), neuron))
    if held is not None:
        words += _tr(" · held at {0}").format(clamp_text(held))
    held = clamps.get(Neuron(pre_tap(block), neuron))
    if held is not None:
        words += _tr(" · its sum held at {0}").format(clamp_text(held))
    return words


def muted_words(mix: Mix, block: int) -> str:
    """That a block's neurons fire for nothing, where their MLP is muted."""
    return _tr(" · MLP {0} is muted").format(block) if mix.silences(Strip(block)) else ""


def held_neurons(mix: Mix, block: int, count: int) -> NDArray[np.bool_]:
    """(F,) those that a clamp holds, behind the nonlinearity or before it."""
    held_F = np.zeros(count, dtype=np.bool_)
    taps = (post_tap(block), pre_tap(block))
    held_F[[each.feature for each, _ in mix.clamps if each.tap in taps and each.feature < count]] = True
    return held_F


def share_words(share: float) -> str:
    """ "31 %", "0.4 %": as many digits as a small share needs."""
    percent = 100.0 * share
    if percent == 0.0 or percent >= 10.0:
        return _tr("{0:.0f} %").format(percent)
    return _tr("{0} %").format(plain_number(percent, 1))


def late_words(study: NeuronStudy | None, step: int | None) -> str:
    """ " at step 6": when the data were studied, where what else is shown is of another `step`; else nothing."""
    return "" if study is None or step in (None, study.step) else _tr(" at step {0:,}").format(study.step)


def study_words(study: NeuronStudy, neuron: int, step: int | None = None) -> str:
    """A neuron over the validation data, with the study's step where it is not the `step` that is shown."""
    if dead_neurons(study)[neuron]:
        start = _tr("dead: above 0 at none of {0:,} tokens").format(study.positions)
    else:
        share = share_words(float(study.active[neuron]))
        start = _tr("active at {0} of {1:,} tokens").format(share, study.positions)
    numbers = (plain_number(float(each[neuron]), 3, "+") for each in (study.mean, study.largest))
    return start + late_words(study, step) + _tr(" · mean {0} · largest {1}").format(*numbers)


def marked_texts(contexts: Sequence[Context], vocabulary: Sequence[str]) -> list[MarkedText]:
    """Contexts as rows; the boundary before a text is left out where the neuron is strong elsewhere."""
    names = given_tokens(vocabulary)
    rows = []
    for context in contexts:
        if not 0 <= context.position < len(context.ids):
            continue
        first = 0
        if context.position and context.ids[0] < len(vocabulary) and vocabulary[context.ids[0]] == BOUNDARY:
            first = 1
        tokens = tuple(names[each] if each < len(names) else str(each) for each in context.ids[first:])
        position = context.position - first
        words = _tr("{0} at token {1} “{2}” of “{3}”, item {4:,} of the validation data")
        joined = (" " if any(len(token) > 1 for token in tokens) else "").join(tokens)
        value = value_words(context.value)
        tip = words.format(value, context.position, tokens[position], joined, context.item)
        rows.append(MarkedText(tokens, position, plain_number(context.value, 3, "+"), tip))
    return rows


def strongest_texts(
    study: NeuronStudy, neuron: int, vocabulary: Sequence[str]
) -> tuple[list[MarkedText], str]:
    """Where a neuron was strongest, as rows; and what to say where there are none."""
    if dead_neurons(study)[neuron]:
        return [], _tr("Dead: it is above 0 nowhere in the data.")
    return marked_texts(study.strongest[neuron], vocabulary), _tr("No context was kept.")


def neurons_table(
    block: int, tokens: Sequence[str], step: int, post_TF: Floats | None, study: NeuronStudy | None
) -> list[list[str]]:
    """A row for every neuron; columns of what has not come are left out."""
    heads, columns = ["block", "neuron"], []
    if post_TF is not None:
        heads += [f"firing at token {place} {name}, step {step}" for place, name in enumerate(tokens)]
        columns += [[f"{value:.9g}" for value in row] for row in post_TF.tolist()]
    if study is not None:
        at = f"over {study.positions} tokens of the validation data, step {study.step}"
        heads += [f"share active {at}", f"mean {at}", f"largest {at}", "dead"]
        columns += [[f"{value:.9g}" for value in row.tolist()] for row in (study.active, study.mean)]
        columns.append([f"{value:.9g}" for value in study.largest.tolist()])
        columns.append(["yes" if dead else "no" for dead in dead_neurons(study).tolist()])
    rows = [[str(block), str(neuron), *row] for neuron, row in enumerate(zip(*columns, strict=True))]
    return [heads, *rows]


def _tr(text: str) -> str:
    return QCoreApplication.translate("Neurons", text)
