"""Taps for the screen: of every prompt, of prompt B with activations of prompt A in it, of a sequence of the batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Rows
from weightdeck.probes.passes import WholeBatchPass, check_row
from weightdeck.probes.predictions import frozen
from weightdeck.run.frame import Floats, Prompt
from weightdeck.run.inside import Patch, TapReading, Taps
from weightdeck.run.layout import tap_shapes
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InBatch, InPrompt
from weightdeck.training.newest import NewestBatch

NOT_PATCHED = ("attn.attn_scores", "attn.pattern", "logits", "probs")  # what these end in
PER_HEAD = ("attn.q", "attn.k", "attn.v", "attn.z")


def read_taps(
    moment: Moment, prompts: Sequence[Prompt], wanted: frozenset[str], patches: Sequence[Patch] = ()
) -> Taps:
    """The wanted taps of every prompt; with patches then those of the second prompt, B, with the first's (A's) numbers
    put into it and everything after computed from them. A prompt without tokens has a reading without values; names
    that the model does not have are passed over.
    """
    readings = [_reading(prompt, taps_of(moment, prompt.ids, wanted)) for prompt in prompts]
    if not patches:
        return Taps(tuple(readings), step=moment.step)
    try:
        a, b = _patched_prompts(prompts)
        for patch in patches:
            check_patch(patch, moment.model, len(a.ids), len(b.ids))
    except ValueError as problem:
        return Taps(tuple(readings), str(problem), moment.step)
    values = patched_taps(moment, a.ids, b.ids, patches, wanted)
    readings.append(_reading(b, values, tuple(patches)))
    return Taps(tuple(readings), step=moment.step)


def read_batch_taps(
    batch: NewestBatch | None,
    model: ModelSpec,
    row: int,
    wanted: frozenset[str],
    vocabulary: Sequence[str],
) -> Taps:
    """The wanted taps of one sequence of the batch with the gradients of the loss, as training computed them. NaN where
    it computed none (``ForwardPass``).
    """
    if batch is None:
        return Taps((), "There is no batch yet: make a step, or its forward part.")
    try:
        check_row(batch, row)
    except ValueError as problem:
        return Taps((), str(problem), batch.step)
    whole = WholeBatchPass(batch, model, with_gradients=True)
    ids = whole.ids(row)
    names = [name for name in tap_shapes(model, len(ids)) if name in wanted]
    gradients = {name: whole.gradient(row, name) for name in names}
    reading = TapReading(
        InBatch(row),
        ids,
        tuple(vocabulary[token] for token in ids),
        {name: whole.shown(row, name) for name in names},
        {name: gradient for name, gradient in gradients.items() if gradient is not None},
        targets=whole.targets(row),
    )
    return Taps((reading,), step=batch.step)


@torch.no_grad()
def taps_of(moment: Moment, ids: tuple[int, ...], wanted: frozenset[str]) -> dict[str, Floats]:
    """The wanted taps of one prompt, through strips and clamps; nothing for a prompt without tokens."""
    if not ids:
        return {}
    found: dict[str, Floats] = {}

    def keep(name: str, value: Tensor) -> Tensor:
        if name in wanted:
            found[name] = frozen(value)
        return value

    moment.logits(Rows.of_prompt(ids), keep)
    return found


@torch.no_grad()
def patched_taps(
    moment: Moment,
    a_ids: tuple[int, ...],
    b_ids: tuple[int, ...],
    patches: Sequence[Patch],
    wanted: frozenset[str],
) -> dict[str, Floats]:
    """The wanted taps of B with patches of A in it. They come after strips and clamps, so that a patch has the last
    word. The patches must fit (`check_patch`).
    """
    of_a = taps_of(moment, a_ids, frozenset(patch.tap for patch in patches))
    found: dict[str, Floats] = {}

    def patched(name: str, value: Tensor) -> Tensor:
        for patch in patches:
            if patch.tap == name:
                value = value.clone()
                place = _place(patch)
                value[place] = torch.tensor(of_a[name])[place]
        if name in wanted:
            found[name] = frozen(value)
        return value

    moment.logits(Rows.of_prompt(b_ids), patched)
    return found


def check_patch(patch: Patch, model: ModelSpec, a_tokens: int, b_tokens: int) -> None:
    """Raise ``ValueError`` with a sentence when a patch does not fit the model or both prompts."""
    shape = tap_shapes(model, b_tokens).get(patch.tap)
    if shape is None or patch.tap.endswith(NOT_PATCHED):
        raise ValueError(f"{patch.tap!r} is no activation of this model that can be patched.")
    if patch.token is None and a_tokens != b_tokens:
        raise ValueError(
            f"Prompt A has {a_tokens} tokens and prompt B {b_tokens}: patch a single token, or write prompts of the "
            "same length."
        )
    if patch.token is not None and not 0 <= patch.token < min(a_tokens, b_tokens):
        raise ValueError(f"There is no token {patch.token} in both prompts; tokens count from 0.")
    if patch.head is not None and patch.tap.endswith(PER_HEAD) and not 0 <= patch.head < shape[0]:
        raise ValueError(f"There is no head {patch.head}: heads count from 0 to {shape[0] - 1}.")
    if patch.feature is not None and not 0 <= patch.feature < shape[-1]:
        raise ValueError(
            f"{patch.tap} has {shape[-1]} features, counted from 0; there is no {patch.feature}."
        )


def _patched_prompts(prompts: Sequence[Prompt]) -> tuple[Prompt, Prompt]:
    if len(prompts) < 2:
        raise ValueError("A patch goes from prompt A into prompt B: there is no second prompt.")
    a, b = prompts[:2]
    if not (a.ids and b.ids):
        raise ValueError("A patch goes from prompt A into prompt B: one of them has no token.")
    return a, b


def _place(patch: Patch) -> tuple[int | slice, ...]:
    """Where it is in an array of its tap."""
    places = [patch.head] if patch.tap.endswith(PER_HEAD) else []
    return tuple(slice(None) if place is None else place for place in (*places, patch.token, patch.feature))


def _reading(prompt: Prompt, values: Mapping[str, Floats], patches: tuple[Patch, ...] = ()) -> TapReading:
    return TapReading(
        InPrompt(prompt.text),
        prompt.ids,
        prompt.tokens,
        values,
        patches=patches,
        problem=prompt.problem,
        cut=prompt.cut,
    )
