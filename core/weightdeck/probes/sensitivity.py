"""How much the log-probability of a next token would move for a small turn of every single parameter."""

from __future__ import annotations

from dataclasses import replace

import torch

from weightdeck.model.moment import Moment
from weightdeck.model.parameters import spread
from weightdeck.model.transformer import Rows
from weightdeck.probes.predictions import frozen
from weightdeck.run.frame import Prompt, Sensitivity
from weightdeck.run.layout import layout


def sensitivity(moment: Moment, prompt: Prompt, token: int | None) -> Sensitivity | None:
    """Gradient times spread of every parameter, for `token` or, when it is None, the likeliest next one; in float64 and
    through the strips.

    None for a prompt without tokens, and for a token that this model does not have: for a moment a window may still ask
    about the run that it showed before.
    """
    model = moment.model
    if not prompt.ids or (token is not None and not 0 <= token < model.vocab_size):
        return None
    tensors = layout(model).tensors
    leaves = {info.name: moment.weights[info.name].detach().double().requires_grad_() for info in tensors}
    logits_TV = replace(moment, weights=leaves).logits(Rows.of_prompt(prompt.ids))
    log_probs_V = logits_TV[-1].log_softmax(0)
    chosen = int(log_probs_V.argmax()) if token is None else token
    gradients = torch.autograd.grad(log_probs_V[chosen], list(leaves.values()))
    spreads = [spread(leaf.detach()) for leaf in leaves.values()]
    return Sensitivity(
        prompt=prompt,
        token=chosen,
        log_prob=log_probs_V[chosen].item(),
        nats=tuple(frozen(slope * size) for slope, size in zip(gradients, spreads, strict=True)),
        spreads=tuple(spreads),
    )
