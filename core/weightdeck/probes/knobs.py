"""Where the knobs stand, and which six a desk starts with."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from weightdeck.data.split import NO_TARGET
from weightdeck.model.transformer import Rows, forward
from weightdeck.run.frame import KnobReading, Prompt
from weightdeck.run.layout import EMBEDDING, FINAL_NORM
from weightdeck.run.slices import ParameterSlice
from weightdeck.training.trainer import Trainer

CENTRAL_SHARE = 0.95


def read_knob(trainer: Trainer, target: ParameterSlice) -> KnobReading:
    """The slice's value, its tensor's spread and its value at step 0."""
    parameters = trainer.parameters
    part = parameters.part(target)
    info = target.info(parameters.layout)
    initial = trainer.initial[info.offset : info.offset + info.size].view(info.shape)[target.numpy_index()]
    single = target.is_single(parameters.layout)
    values = parameters.tensor(target.tensor).numpy()
    edge = (1.0 - CENTRAL_SHARE) / 2.0
    low, high = np.quantile(values, (edge, 1.0 - edge))
    return KnobReading(
        target=target,
        value=_size(part, single),
        spread=(float(low), float(high)),
        initial=_size(initial, single),
    )


@torch.no_grad()
def suggest_knobs(trainer: Trainer, prompt: Prompt) -> tuple[ParameterSlice, ...]:
    """Six slices whose turning shows for `prompt`; empty when it has no token.

    Two entries of the output head that read the prompt's largest final activation, for the two tokens that follow its
    last one most often in the training data (they stay likely as it learns); one entry and the whole row of the last
    token's embedding; block 0's attention output; the final norm's gain.
    """
    if not prompt.ids:
        return ()
    taps: dict[str, Tensor] = {}

    def keep(name: str, value: Tensor) -> Tensor:
        taps[name] = value
        return value

    forward(trainer.spec.model, trainer.parameters.weights, Rows.of_prompt(prompt.ids), keep)
    feature = int(taps["ln_final.normalized"][-1].abs().argmax())
    last = prompt.ids[-1]
    train = trainer.corpus.train
    followers = train.targets_NT[(train.inputs_NT == last) & (train.targets_NT != NO_TARGET)]
    counts = np.bincount(followers, minlength=trainer.spec.model.vocab_size)
    first, second = np.argsort(-counts, kind="stable")[:2].tolist()
    embedding = trainer.parameters.tensor(EMBEDDING)[last]
    head = trainer.parameters.layout.head_name
    return (
        ParameterSlice(head, (first, feature)),
        ParameterSlice(head, (second, feature)),
        ParameterSlice(EMBEDDING, (last, int(embedding.abs().argmax()))),
        ParameterSlice(EMBEDDING, (last,)),
        ParameterSlice("transformer.h.0.attn.c_proj.weight"),
        ParameterSlice(FINAL_NORM),
    )


def _size(part: Tensor, single: bool) -> float:
    """A single number itself; of a group the root mean square."""
    return part.item() if single else part.square().mean().sqrt().item()
