"""The next token after a prompt, now and without the user's last change."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from weightdeck.model.transformer import Rows, forward
from weightdeck.run.frame import Floats, Prediction, Prompt
from weightdeck.run.spec import ModelSpec
from weightdeck.training.trainer import Trainer


@torch.no_grad()
def next_token_probs(model: ModelSpec, weights: Mapping[str, Tensor], ids: tuple[int, ...]) -> Floats:
    """(V,) probabilities of the token after `ids` (at least one)."""
    logits_TV = forward(model, weights, Rows.of_prompt(ids))
    return frozen(logits_TV[-1].softmax(0))


def predict(trainer: Trainer, prompt: Prompt) -> Prediction | None:
    """What comes after `prompt`; None when the prompt has no token."""
    if not prompt.ids:
        return None
    model, weights = trainer.spec.model, trainer.parameters.weights
    probs = next_token_probs(model, weights, prompt.ids)
    changed = trainer.edits.without_last()
    if not changed:
        return Prediction(prompt, probs, None, None)
    before = next_token_probs(model, {**weights, **changed}, prompt.ids)
    return Prediction(prompt, probs, before, divergence(before, probs))


def divergence(before: Floats, after: Floats) -> float:
    """KL(before || after) in nats: how much worse `after` predicts what `before` expects."""
    tiny = np.finfo(np.float32).tiny
    old, new = before.astype(np.float64), after.astype(np.float64)
    terms = np.where(old > 0.0, old * (np.log(np.maximum(old, tiny)) - np.log(np.maximum(new, tiny))), 0.0)
    return max(0.0, float(terms.sum(axis=-1)))


def frozen(values: Tensor) -> Floats:
    """A read-only NumPy copy that the receiver owns."""
    copied: Floats = np.array(values.detach().numpy(), dtype=np.float32)
    copied.setflags(write=False)
    return copied
