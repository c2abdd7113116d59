"""The transformer: a GPT-2-style decoder as one pure function of its weights.

Letters in names: B sequences, T tokens of the longest, N rows (the positions that are real, of all sequences one after
another), S scored rows, C features, H heads, D features of a head, V vocabulary; K and Q are T as key and as query.

Two things make it fast on a CPU, both exact because attention is causal. Padding is never computed: everything but
attention runs on the N real rows, and the last block's MLP on the scored rows alone. Attention scores are kept as
(key, query), since softmax over a short last dimension is slow. One prompt has N = T rows, so that its taps have just
the shapes of ``weightdeck.run.layout.tap_shapes``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from weightdeck.data.split import NO_TARGET
from weightdeck.run.layout import EMBEDDING, FINAL_NORM, POSITIONS, layout
from weightdeck.run.spec import ModelSpec

NORM_EPSILON = 1e-5
_GELU = {"gelu": "none", "gelu_tanh": "tanh"}  # torch's names

Tap = Callable[[str, Tensor], Tensor]
Drop = Callable[[Tensor], Tensor]


@dataclass(frozen=True, slots=True)
class Rows:
    """A batch reduced to the rows that are computed. The optional fields are None where they would change nothing."""

    sequences: int
    tokens: int
    ids_N: Tensor
    positions_N: Tensor
    targets_S: Tensor
    cells_N: Tensor | None  # where each row lies in the (B, T) grid
    rows_BT: Tensor | None  # the row of each cell of the grid, 0 in padding
    scored_S: Tensor | None  # the rows that have a target

    @classmethod
    def of_batch(cls, ids_BT: Tensor, targets_BT: Tensor) -> Rows:
        """Rows of a padded batch. A position after a sequence's last target is padding; targets are -1 where the
        loss does not count.
        """
        B, T = ids_BT.shape
        time_T = torch.arange(T)
        has_target_BT = targets_BT != NO_TARGET
        real_BT = time_T <= (time_T * has_target_BT).amax(1, keepdim=True)
        cells_N = real_BT.view(-1).nonzero()[:, 0]
        scored_S = has_target_BT.view(-1)[cells_N].nonzero()[:, 0]
        N = len(cells_N)
        rows_BT = torch.zeros(B * T, dtype=torch.long).index_copy_(0, cells_N, torch.arange(N))
        return cls(
            B,
            T,
            ids_BT.reshape(-1)[cells_N],
            time_T.repeat(B)[cells_N],
            targets_BT.reshape(-1)[cells_N][scored_S],
            None if N == B * T else cells_N,
            None if N == B * T else rows_BT,
            None if len(scored_S) == N else scored_S,
        )

    @classmethod
    def of_prompt(cls, ids: tuple[int, ...]) -> Rows:
        """Rows of one prompt, every position computed to the end and none scored."""
        return cls.of_prompts(torch.tensor([ids]))

    @classmethod
    def of_prompts(cls, ids_BT: Tensor) -> Rows:
        """Rows of prompts of equal length, every position computed to the end and none scored."""
        B, T = ids_BT.shape
        return cls(B, T, ids_BT.reshape(-1), torch.arange(T).repeat(B), torch.empty(0), None, None, None)

    def without_targets(self) -> Rows:
        """The same rows with every position computed to the end, for probes."""
        return Rows(
            self.sequences,
            self.tokens,
            self.ids_N,
            self.positions_N,
            self.targets_S,
            self.cells_N,
            self.rows_BT,
            None,
        )


def forward(
    model: ModelSpec,
    weights: Mapping[str, Tensor],
    rows: Rows,
    tap: Tap | None = None,
    drop: Drop | None = None,
) -> Tensor:
    """Logits of every scored row, (S, V).

    `tap` is shown every intermediate value under its name, and what it returns is used instead; `drop` is dropout.
    Pure: it may be differentiated, and mapped over a stack of variants of one weight (``torch.func.vmap``). Computed in
    the type of the weights.
    """
    tap = tap or _untouched
    drop = drop or _kept
    B, T, C, H, D = rows.sequences, rows.tokens, model.n_embd, model.n_head, model.head_size

    def norm(name: str, x_NC: Tensor) -> Tensor:
        return F.layer_norm(x_NC, (C,), weights[name + ".weight"], weights[name + ".bias"], NORM_EPSILON)

    def linear(name: str, x_NC: Tensor) -> Tensor:
        return torch.addmm(weights[name + ".bias"], x_NC, weights[name + ".weight"].t())

    embed_NC = tap("embed", weights[EMBEDDING].index_select(0, rows.ids_N))
    pos_embed_NC = tap("pos_embed", weights[POSITIONS].index_select(0, rows.positions_N))
    x_NC = drop(embed_NC + pos_embed_NC)
    for block in range(model.n_layer):
        h, b = f"transformer.h.{block}.", f"blocks.{block}."
        x_NC = tap(b + "resid_pre", x_NC)

        # Attention: every position gathers from the positions before it.
        qkv_NE = linear(h + "attn.c_attn", tap(b + "ln1.normalized", norm(h + "ln_1", x_NC)))
        qkv_BTE = _take(qkv_NE, rows.rows_BT).view(B, T, 3, H, D)
        q_BHTD, k_BHTD, v_BHTD = qkv_BTE.permute(2, 0, 3, 1, 4).reshape(3, B * H, T, D).unbind(0)
        q_BHTD, k_BHTD, v_BHTD = (
            tap(b + "attn.q", q_BHTD),
            tap(b + "attn.k", k_BHTD),
            tap(b + "attn.v", v_BHTD),
        )
        mask_KQ = _causal_mask(T).to(q_BHTD.dtype)
        scores_BHKQ = torch.baddbmm(mask_KQ, k_BHTD, q_BHTD.transpose(1, 2), alpha=1.0 / math.sqrt(D))
        scores_BHKQ = tap(b + "attn.attn_scores", scores_BHKQ.transpose(1, 2)).transpose(1, 2)
        pattern_BHKQ = tap(b + "attn.pattern", scores_BHKQ.softmax(1).transpose(1, 2)).transpose(1, 2)
        z_BHTD = tap(b + "attn.z", torch.bmm(drop(pattern_BHKQ).transpose(1, 2), v_BHTD))
        z_NC = _take(z_BHTD.view(B, H, T, D).transpose(1, 2).reshape(B * T, C), rows.cells_N)
        if block == model.n_layer - 1:
            z_NC, x_NC = _take(z_NC, rows.scored_S), _take(x_NC, rows.scored_S)
        attn_out_NC = tap(b + "attn_out", drop(linear(h + "attn.c_proj", z_NC)))
        x_NC = tap(b + "resid_mid", x_NC + attn_out_NC)

        # MLP: every position thinks by itself.
        pre_NF = tap(b + "mlp.pre", linear(h + "mlp.c_fc", tap(b + "ln2.normalized", norm(h + "ln_2", x_NC))))
        post_NF = tap(b + "mlp.post", F.gelu(pre_NF, approximate=_GELU[model.activation]))
        mlp_out_NC = tap(b + "mlp_out", drop(linear(h + "mlp.c_proj", post_NF)))
        x_NC = tap(b + "resid_post", x_NC + mlp_out_NC)

    x_SC = tap("ln_final.normalized", norm(FINAL_NORM.removesuffix(".weight"), x_NC))
    logits_SV = tap("logits", torch.mm(x_SC, weights[layout(model).head_name].t()))
    if tap is not _untouched:
        tap("probs", logits_SV.softmax(1))
    return logits_SV


def cross_entropy(logits_SV: Tensor, rows: Rows) -> Tensor:
    """Mean loss over the scored rows, nats per token."""
    # Over the first dimension: log-softmax over a short last one is slow (see the top of the file).
    log_probs_VS = logits_SV.t().log_softmax(0)
    return -log_probs_VS.gather(0, rows.targets_S[None]).mean()


def _take(x: Tensor, rows: Tensor | None) -> Tensor:
    return x if rows is None else x.index_select(0, rows)


@lru_cache(maxsize=256)
def _causal_mask(tokens: int) -> Tensor:
    """(K, Q): 0 where the query may look, -inf where the key lies ahead of it."""
    return torch.full((tokens, tokens), -math.inf).tril(-1)


def _untouched(_name: str, value: Tensor) -> Tensor:
    return value


def _kept(value: Tensor) -> Tensor:
    return value
