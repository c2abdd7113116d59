"""The next token after a prompt, now and as it was before."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Rows
from weightdeck.run.frame import Floats, Prediction, Prompt


@torch.no_grad()
def next_token_probs(moment: Moment, ids: tuple[int, ...]) -> Floats:
    """(V,) probabilities of the token after `ids` (at least one)."""
    return frozen(moment.logits(Rows.of_prompt(ids))[-1].softmax(0))


def predict(moment: Moment, prompt: Prompt, before: Moment | None = None) -> Prediction | None:
    """What comes after `prompt`, compared with what came `before`; None when the prompt has no token."""
    if not prompt.ids:
        return None
    probs = next_token_probs(moment, prompt.ids)
    if before is None:
        return Prediction(prompt, probs)
    old = next_token_probs(before, prompt.ids)
    return Prediction(prompt, probs, old, divergence(old, probs))


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
