"""The transformer once more, in NumPy and float64, forward and backward by hand: the independent check.

A GPT-2-style decoder: token and position embeddings; blocks of attention and MLP, each reading the residual
stream through a layer norm and adding to it; a last layer norm; the output head. Written for reading, not
speed. Sources: Vaswani et al. 2017 (attention); Radford et al. 2019 (GPT-2: layer norms first); Ba et al.
2016 (layer norm); Hendrycks and Gimpel 2016 (GELU, exact or in the tanh form that GPT-2 uses).

Shape letters: B batch, T tokens, C features (n_embd), E queries, keys and values side by side (3 C), F
neurons of an MLP (4 C), H heads, D features of a head, V vocabulary, N positions that count. ``dx`` is the
gradient of the loss with respect to x. Weights are stored as (out, in).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from weightdeck.data.split import NO_TARGET
from weightdeck.model.reference_strips import ALL_OPEN, Floats, Strips
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, POSITIONS, layout
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import Neuron, Strip

Ids = NDArray[np.int64]
Weights = Mapping[str, NDArray[np.floating]]
Gradients = dict[str, Floats]

NORM_EPSILON = 1e-5
GELU_SCALE = math.sqrt(2.0 / math.pi)
GELU_CUBIC = 0.044715


def forward(model: ModelSpec, weights: Weights, ids_BT: Ids, strips: Strips = ALL_OPEN) -> dict[str, Floats]:
    """Every tap of `weightdeck.run.layout.tap_shapes`, with a batch axis in front, in order of computation.

    T may be anything from 1 to block_size. ``normalized`` taps hold the whole output of a layer norm, gain
    and bias applied, as ``hook_normalized`` does in TransformerLens's ``LayerNorm`` (its ``LayerNormPre``,
    used after folding, has no gain and bias to apply). ``attn_scores`` are divided by sqrt(D), and -inf where
    a token would look ahead. ``attn_out`` and ``mlp_out`` are what `strips` let through into the stream, ``attn.z``
    what the heads gathered, whatever becomes of it.
    """
    w = {name: np.asarray(value, dtype=np.float64) for name, value in weights.items()}
    T = ids_BT.shape[1]
    assert 1 <= T <= model.block_size
    future_TT = np.triu(np.ones((T, T), dtype=bool), k=1)
    taps: dict[str, Floats] = {}

    def keep(name: str, value: Floats) -> Floats:
        taps[name] = strips.clamped(name, value)
        return taps[name]

    embed_BTC = keep("embed", w[EMBEDDING][ids_BT])
    x_BTC = embed_BTC + keep("pos_embed", np.broadcast_to(w[POSITIONS][:T], embed_BTC.shape))

    for block in range(model.n_layer):
        b, h = f"blocks.{block}.", f"transformer.h.{block}."
        x_BTC = keep(b + "resid_pre", x_BTC)

        n_BTC = keep(b + "ln1.normalized", layer_norm(x_BTC, w[h + "ln_1.weight"], w[h + "ln_1.bias"]))
        qkv_BTE = n_BTC @ w[h + "attn.c_attn.weight"].T + w[h + "attn.c_attn.bias"]
        q_BHTD, k_BHTD, v_BHTD = (split_heads(part, model.n_head) for part in np.split(qkv_BTE, 3, axis=-1))
        taps[b + "attn.q"], taps[b + "attn.k"], taps[b + "attn.v"] = q_BHTD, k_BHTD, v_BHTD
        scores_BHTT = q_BHTD @ k_BHTD.swapaxes(-1, -2) / math.sqrt(model.head_size)
        scores_BHTT = taps[b + "attn.attn_scores"] = np.where(future_TT, -np.inf, scores_BHTT)
        pattern_BHTT = taps[b + "attn.pattern"] = softmax(scores_BHTT)
        z_BHTD = taps[b + "attn.z"] = pattern_BHTT @ v_BHTD
        heads = zip(z_BHTD.swapaxes(0, 1), per_head(w[h + "attn.c_proj.weight"], model.n_head), strict=True)
        written = [
            strips.written(Strip(block, head), z_BTD @ out_CD.T) for head, (z_BTD, out_CD) in enumerate(heads)
        ]
        x_BTC = x_BTC + keep(b + "attn_out", sum(written, start=w[h + "attn.c_proj.bias"]))
        x_BTC = keep(b + "resid_mid", x_BTC)

        n_BTC = keep(b + "ln2.normalized", layer_norm(x_BTC, w[h + "ln_2.weight"], w[h + "ln_2.bias"]))
        pre_BTF = keep(b + "mlp.pre", n_BTC @ w[h + "mlp.c_fc.weight"].T + w[h + "mlp.c_fc.bias"])
        post_BTF = keep(b + "mlp.post", ACTIVATIONS[model.activation](pre_BTF))
        out_BTC = post_BTF @ w[h + "mlp.c_proj.weight"].T + w[h + "mlp.c_proj.bias"]
        x_BTC = x_BTC + keep(b + "mlp_out", strips.written(Strip(block), out_BTC))
        x_BTC = keep(b + "resid_post", x_BTC)

    last_BTC = layer_norm(x_BTC, w[FINAL_NORM], w["transformer.ln_f.bias"])
    n_BTC = keep("ln_final.normalized", last_BTC)
    taps["logits"] = n_BTC @ w[layout(model).head_name].T
    taps["probs"] = softmax(taps["logits"])
    return taps


def means(
    model: ModelSpec, weights: Weights, ids_NT: Ids, lengths_N: Ids, parts: Iterable[Strip | Neuron]
) -> dict[Strip | Neuron, Floats]:
    """What each part writes into the stream (C,), or each activation is (), on average over the first `lengths_N`
    positions of every item, with every strip open. What a head writes is its share of ``attn_out`` without the bias.
    """
    taps = forward(model, weights, ids_NT)
    real_NT = np.arange(ids_NT.shape[1]) < lengths_N[:, None]
    found: dict[Strip | Neuron, Floats] = {}
    for part in parts:
        if isinstance(part, Neuron):
            found[part] = taps[part.tap][real_NT][:, part.feature].mean()
        elif part.head is None:
            found[part] = taps[f"blocks.{part.block}.mlp_out"][real_NT].mean(axis=0)
        else:
            weight_CC = weights[f"transformer.h.{part.block}.attn.c_proj.weight"].astype(np.float64)
            out_CD = per_head(weight_CC, model.n_head)[part.head]
            z_NTD = taps[f"blocks.{part.block}.attn.z"][:, part.head]
            found[part] = z_NTD[real_NT].mean(axis=0) @ out_CD.T
    return found


def loss(logits_BTV: Floats, targets_BT: Ids) -> float:
    """Mean cross-entropy, nats, over the targets that count (are not -1); at least one must."""
    logits_NV, targets_N = _counted(logits_BTV, targets_BT)
    shifted_NV = logits_NV - logits_NV.max(axis=-1, keepdims=True)
    log_total_N = np.log(np.exp(shifted_NV).sum(axis=-1))
    return float((log_total_N - shifted_NV[np.arange(len(targets_N)), targets_N]).mean())


def loss_and_gradients(
    model: ModelSpec, weights: Weights, ids_BT: Ids, targets_BT: Ids
) -> tuple[float, Gradients]:
    """The loss of a batch and its gradient with respect to every parameter tensor, in state-dict order.

    The backward pass is the forward pass read from its end: each line turns the gradient of what a line there
    made into the gradients of what it used.
    """
    w = {name: np.asarray(value, dtype=np.float64) for name, value in weights.items()}
    taps = forward(model, w, ids_BT)
    T = ids_BT.shape[1]
    head_name = layout(model).head_name
    g: Gradients = {tensor.name: np.zeros(tensor.shape) for tensor in layout(model).tensors}

    dlogits_BTV = _loss_backward(taps["probs"], targets_BT)
    g[head_name] += _weight_gradient(dlogits_BTV, taps["ln_final.normalized"])
    dn_BTC = dlogits_BTV @ w[head_name]
    last_BTC = taps[f"blocks.{model.n_layer - 1}.resid_post"]
    dx_BTC, g[FINAL_NORM], g["transformer.ln_f.bias"] = layer_norm_backward(dn_BTC, last_BTC, w[FINAL_NORM])

    for block in reversed(range(model.n_layer)):
        b, h = f"blocks.{block}.", f"transformer.h.{block}."

        # The stream is a sum, so its gradient reaches both terms: what was there before, and what was added.
        dout_BTC = dx_BTC
        g[h + "mlp.c_proj.weight"] = _weight_gradient(dout_BTC, taps[b + "mlp.post"])
        g[h + "mlp.c_proj.bias"] = dout_BTC.sum(axis=(0, 1))
        slope_BTF = ACTIVATION_SLOPES[model.activation](taps[b + "mlp.pre"])
        dpre_BTF = dout_BTC @ w[h + "mlp.c_proj.weight"] * slope_BTF
        g[h + "mlp.c_fc.weight"] = _weight_gradient(dpre_BTF, taps[b + "ln2.normalized"])
        g[h + "mlp.c_fc.bias"] = dpre_BTF.sum(axis=(0, 1))
        dn_BTC = dpre_BTF @ w[h + "mlp.c_fc.weight"]
        dthrough_BTC, g[h + "ln_2.weight"], g[h + "ln_2.bias"] = layer_norm_backward(
            dn_BTC, taps[b + "resid_mid"], w[h + "ln_2.weight"]
        )
        dx_BTC = dx_BTC + dthrough_BTC

        dout_BTC = dx_BTC
        g[h + "attn.c_proj.weight"] = _weight_gradient(dout_BTC, join_heads(taps[b + "attn.z"]))
        g[h + "attn.c_proj.bias"] = dout_BTC.sum(axis=(0, 1))
        dz_BHTD = split_heads(dout_BTC @ w[h + "attn.c_proj.weight"], model.n_head)
        dpattern_BHTT = dz_BHTD @ taps[b + "attn.v"].swapaxes(-1, -2)
        dscores_BHTT = softmax_backward(dpattern_BHTT, taps[b + "attn.pattern"]) / math.sqrt(model.head_size)
        dq_BHTD = dscores_BHTT @ taps[b + "attn.k"]
        dk_BHTD = dscores_BHTT.swapaxes(-1, -2) @ taps[b + "attn.q"]
        dv_BHTD = taps[b + "attn.pattern"].swapaxes(-1, -2) @ dz_BHTD
        dqkv_BTE = np.concatenate([join_heads(part) for part in (dq_BHTD, dk_BHTD, dv_BHTD)], axis=-1)
        g[h + "attn.c_attn.weight"] = _weight_gradient(dqkv_BTE, taps[b + "ln1.normalized"])
        g[h + "attn.c_attn.bias"] = dqkv_BTE.sum(axis=(0, 1))
        dn_BTC = dqkv_BTE @ w[h + "attn.c_attn.weight"]
        dthrough_BTC, g[h + "ln_1.weight"], g[h + "ln_1.bias"] = layer_norm_backward(
            dn_BTC, taps[b + "resid_pre"], w[h + "ln_1.weight"]
        )
        dx_BTC = dx_BTC + dthrough_BTC

    np.add.at(g[EMBEDDING], ids_BT, dx_BTC)  # a tied head's gradient is in it already
    g[POSITIONS][:T] = dx_BTC.sum(axis=0)
    return loss(taps["logits"], targets_BT), g


def layer_norm(x_BTC: Floats, gain_C: Floats, bias_C: Floats) -> Floats:
    """Each token's features shifted to mean 0 and scaled to variance 1, then gain and bias."""
    unit_BTC, _ = _unit(x_BTC)
    return unit_BTC * gain_C + bias_C


def layer_norm_backward(dn_BTC: Floats, x_BTC: Floats, gain_C: Floats) -> tuple[Floats, Floats, Floats]:
    """Gradients of input, gain and bias. Mean and scale depend on the input too: hence the two terms less."""
    unit_BTC, std_BT1 = _unit(x_BTC)
    dunit_BTC = dn_BTC * gain_C
    along_BT1 = (dunit_BTC * unit_BTC).mean(axis=-1, keepdims=True)
    dx_BTC = (dunit_BTC - dunit_BTC.mean(axis=-1, keepdims=True) - unit_BTC * along_BT1) / std_BT1
    return dx_BTC, (dn_BTC * unit_BTC).sum(axis=(0, 1)), dn_BTC.sum(axis=(0, 1))


def softmax(scores: Floats) -> Floats:
    """Exponentials over their sum, along the last axis; each row needs one finite score."""
    exponentials = np.exp(scores - scores.max(axis=-1, keepdims=True))
    result: Floats = exponentials / exponentials.sum(axis=-1, keepdims=True)
    return result


def softmax_backward(dprobs: Floats, probs: Floats) -> Floats:
    """Gradient of the scores along the last axis; exactly 0 where a probability is 0."""
    result: Floats = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    return result


def gelu(x: Floats) -> Floats:
    """x times the share of a normal distribution that lies below x."""
    return x * _normal_share(x)


def gelu_slope(x: Floats) -> Floats:
    """The derivative of `gelu`."""
    result: Floats = _normal_share(x) + x * np.exp(-0.5 * x**2) / math.sqrt(2.0 * math.pi)
    return result


def gelu_tanh(x: Floats) -> Floats:
    """GELU by a tanh, ``gelu_new`` of GPT-2."""
    result: Floats = 0.5 * x * (1.0 + np.tanh(GELU_SCALE * (x + GELU_CUBIC * x**3)))
    return result


def gelu_tanh_slope(x: Floats) -> Floats:
    """The derivative of `gelu_tanh`."""
    tanh = np.tanh(GELU_SCALE * (x + GELU_CUBIC * x**3))
    inner_slope = GELU_SCALE * (1.0 + 3.0 * GELU_CUBIC * x**2)
    result: Floats = 0.5 * (1.0 + tanh) + 0.5 * x * (1.0 - tanh**2) * inner_slope
    return result


def _normal_share(x: Floats) -> Floats:
    """The normal distribution's cumulative share, from the C library's erf: NumPy has none."""
    erf = np.array([math.erf(value) for value in (x / math.sqrt(2.0)).ravel()])
    result: Floats = 0.5 * (1.0 + erf.reshape(x.shape))
    return result


ACTIVATIONS = {"gelu": gelu, "gelu_tanh": gelu_tanh}
ACTIVATION_SLOPES = {"gelu": gelu_slope, "gelu_tanh": gelu_tanh_slope}


def per_head(weight_CC: Floats, n_head: int) -> list[Floats]:
    """Of the attention's output matrix, what belongs to each head: (C, D), its consecutive columns."""
    return np.split(weight_CC, n_head, axis=1)


def split_heads(x_BTC: Floats, n_head: int) -> Floats:
    """(B, T, C) to (B, H, T, D): consecutive features belong to one head."""
    B, T, C = x_BTC.shape
    return x_BTC.reshape(B, T, n_head, C // n_head).swapaxes(1, 2)


def join_heads(x_BHTD: Floats) -> Floats:
    """(B, H, T, D) to (B, T, C)."""
    B, H, T, D = x_BHTD.shape
    return x_BHTD.swapaxes(1, 2).reshape(B, T, H * D)


def _unit(x_BTC: Floats) -> tuple[Floats, Floats]:
    """Each token's features with mean 0 and variance 1, and the standard deviation they were divided by."""
    centred_BTC = x_BTC - x_BTC.mean(axis=-1, keepdims=True)
    std_BT1 = np.sqrt((centred_BTC**2).mean(axis=-1, keepdims=True) + NORM_EPSILON)
    return centred_BTC / std_BT1, std_BT1


def _weight_gradient(dout_BTO: Floats, in_BTI: Floats) -> Floats:
    """Gradient (O, I) of the weights of ``out = in @ weights.T``, summed over all tokens."""
    result: Floats = np.einsum("bto,bti->oi", dout_BTO, in_BTI)
    return result


def _counted(logits_BTV: Floats, targets_BT: Ids) -> tuple[Floats, Ids]:
    """Logits and targets of the N positions that count."""
    counts_BT = targets_BT != NO_TARGET
    assert counts_BT.any(), "a batch without a target has no loss"
    return logits_BTV[counts_BT], targets_BT[counts_BT]


def _loss_backward(probs_BTV: Floats, targets_BT: Ids) -> Floats:
    """Gradient of the logits: what was predicted minus what came, over the number of targets that count."""
    counts_BT = targets_BT != NO_TARGET
    came_BTV = np.arange(probs_BTV.shape[-1]) == targets_BT[..., None]
    result: Floats = np.where(counts_BT[..., None], probs_BTV - came_BTV, 0.0) / counts_BT.sum()
    return result
