"""A direction to move a group of weights along: their own, or the activation that they read."""

from __future__ import annotations

import torch
from torch import Tensor

from weightdeck.model.transformer import Rows
from weightdeck.run.named_slices import read_tap, reads_activation
from weightdeck.run.queries import FindDirection
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck.run.words import slice_title
from weightdeck.training.trainer import Trainer


@torch.no_grad()
def find_direction(trainer: Trainer, query: FindDirection) -> Direction:
    """The direction that is asked for, at this moment and through the strips.

    Raises ``ValueError`` with a sentence when the slice does not fit the model or there is no such direction: weights
    that are all zero have none of their own, and not everything reads an activation.
    """
    target = query.target
    target.info(trainer.parameters.layout)
    own = trainer.parameters.part(target).double()
    length = torch.linalg.vector_norm(own).item()
    if query.kind == "own":
        if length == 0.0:
            raise ValueError(f"Nothing to move along: all numbers of {_title(trainer, target)} are zero.")
        return Direction("own", _unit(own), length)
    read = _read_activation(trainer, target, query.prompt)
    # A number for every column, and for every row what it writes for them; a single row just takes what it reads.
    rows = own.view(-1, len(read))
    shares = rows @ read if len(rows) > 1 else torch.ones(1, dtype=torch.float64)
    if not shares.any():
        raise ValueError(
            f"Nothing to move along: {_title(trainer, target)} writes nothing after this prompt."
        )
    return Direction("read", _unit(torch.outer(shares, read).view(own.shape)), length, query.prompt)


def _read_activation(trainer: Trainer, target: ParameterSlice, text: str) -> Tensor:
    """What the slice's columns are multiplied with at the last token of the prompt, float64. Raises ``ValueError``."""
    layout = trainer.parameters.layout
    tap = read_tap(target.tensor, layout)
    if tap is None or not reads_activation(target, layout):
        raise ValueError(f"Nothing to move along: {_title(trainer, target)} reads no activation.")
    prompt = trainer.corpus.prompt(text)
    if not prompt.ids:
        raise ValueError("Nothing to move along: the prompt has no token that the model knows.")
    taps: dict[str, Tensor] = {}

    def keep(name: str, value: Tensor) -> Tensor:
        if name == tap:
            taps[name] = value
        return value

    trainer.now.logits(Rows.of_prompt(prompt.ids), keep)
    last = taps[tap].double()
    features = (
        last[:, -1].reshape(-1) if tap.endswith("attn.z") else last[-1]
    )  # z is (heads, tokens, features)
    _, (first, end) = target.extents(layout)
    read = features[first:end]
    if not read.any():
        raise ValueError(
            f"Nothing to move along: what {_title(trainer, target)} reads after this prompt is zero. "
            "Is it muted, or held at 0?"
        )
    return read


def _unit(values: Tensor) -> SliceValues:
    return SliceValues.of((values / torch.linalg.vector_norm(values)).numpy())


def _title(trainer: Trainer, target: ParameterSlice) -> str:
    return slice_title(target, trainer.corpus.tokenizer.vocabulary, trainer.parameters.layout)
