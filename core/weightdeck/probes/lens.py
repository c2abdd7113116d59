"""What the model would predict if it ended earlier: the logit lens (nostalgebraist 2020, "interpreting GPT: the logit
lens").

Letters: P points of the residual stream, T tokens, C features, V vocabulary, K best tokens.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from weightdeck.model.moment import Moment
from weightdeck.model.transformer import NORM_EPSILON, Rows
from weightdeck.probes.predictions import frozen
from weightdeck.run.frame import Prompt
from weightdeck.run.inside import Lens
from weightdeck.run.layout import FINAL_NORM, layout
from weightdeck.run.spec import ModelSpec

BEST = 5


@torch.no_grad()
def lens(moment: Moment, prompt: Prompt) -> Lens | None:
    """The lens of one prompt, through strips and clamps; None when it has no token. The last point is the tap ``probs``
    bit for bit, and its divergence 0.
    """
    if not prompt.ids:
        return None
    points = lens_points(moment.model)
    logits_PTV = lens_logits(moment, taps_of(moment, prompt.ids, {*points, "logits"}))
    probs_PTV = logits_PTV.softmax(-1)
    best = probs_PTV.topk(min(BEST, moment.model.vocab_size), dim=-1)
    ids_PTK = best.indices.numpy()
    ids_PTK.setflags(write=False)
    log_probs_PTV = logits_PTV.double().log_softmax(-1)
    final_TV = log_probs_PTV[-1]
    divergence_PT = (final_TV.exp() * (final_TV - log_probs_PTV)).sum(-1).clamp(min=0.0)
    following_PT = torch.full(divergence_PT.shape, math.nan)
    following_PT[:, :-1] = probs_PTV[:, torch.arange(len(prompt.ids) - 1), list(prompt.ids[1:])]
    return Lens(
        text=prompt.text,
        ids=prompt.ids,
        tokens=prompt.tokens,
        points=points,
        best=ids_PTK,
        probs=frozen(best.values),
        divergence=frozen(divergence_PT),
        following=frozen(following_PT),
    )


def lens_points(model: ModelSpec) -> tuple[str, ...]:
    """The taps that the lens looks at: the stream as it enters, and after every part that writes into it."""
    blocks = range(model.n_layer)
    written = (f"blocks.{block}.{tap}" for block in blocks for tap in ("resid_mid", "resid_post"))
    return ("blocks.0.resid_pre", *written)


def lens_logits(moment: Moment, taps: Mapping[str, Tensor]) -> Tensor:
    """(P, T, V) from the taps of one pass: the `lens_points` and ``logits``, which the last point takes as they are."""
    *earlier, _ = lens_points(moment.model)
    norm, weights = FINAL_NORM.removesuffix(".weight"), moment.weights
    x_PTC = torch.stack([taps[point] for point in earlier])
    gain_C, bias_C = weights[norm + ".weight"], weights[norm + ".bias"]
    n_PTC = F.layer_norm(x_PTC, gain_C.shape, gain_C, bias_C, NORM_EPSILON)
    if moment.gates is not None:
        n_PTC = moment.gates.clamped("ln_final.normalized", n_PTC)
    logits_PTV = n_PTC @ weights[layout(moment.model).head_name].t()
    return torch.cat((logits_PTV, taps["logits"][None]))


def taps_of(moment: Moment, ids: tuple[int, ...], wanted: Collection[str]) -> dict[str, Tensor]:
    """Those taps of the pass of a prompt (at least one token), as strips and clamps let them through."""
    taps: dict[str, Tensor] = {}

    def keep(name: str, value: Tensor) -> Tensor:
        if name in wanted:
            taps[name] = value
        return value

    moment.logits(Rows.of_prompt(ids), keep)
    return taps
