"""The same model and step as one would write them in plain PyTorch: what the engine is measured against.

Modules and parameters are named as nanoGPT names them, so that weights can be copied by name.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from weightdeck.data.batches import batch
from weightdeck.data.corpus import Corpus
from weightdeck.data.split import NO_TARGET
from weightdeck.run.spec import Hyperparameters, ModelSpec, RunSpec


class Attention(nn.Module):
    def __init__(self, model: ModelSpec, dropout: float) -> None:
        super().__init__()
        self.n_head = model.n_head
        self.share = dropout
        self.c_attn = nn.Linear(model.n_embd, 3 * model.n_embd)
        self.c_proj = nn.Linear(model.n_embd, model.n_embd)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_BTC: Tensor) -> Tensor:
        B, T, C = x_BTC.shape
        parts = self.c_attn(x_BTC).split(C, dim=2)
        q_BHTD, k_BHTD, v_BHTD = (part.view(B, T, self.n_head, -1).transpose(1, 2) for part in parts)
        z_BHTD = F.scaled_dot_product_attention(q_BHTD, k_BHTD, v_BHTD, dropout_p=self.share, is_causal=True)
        out_BTC: Tensor = self.dropout(self.c_proj(z_BHTD.transpose(1, 2).reshape(B, T, C)))
        return out_BTC


class MLP(nn.Module):
    def __init__(self, model: ModelSpec, dropout: float) -> None:
        super().__init__()
        self.c_fc = nn.Linear(model.n_embd, 4 * model.n_embd)
        self.gelu = nn.GELU(approximate="tanh" if model.activation == "gelu_tanh" else "none")
        self.c_proj = nn.Linear(4 * model.n_embd, model.n_embd)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x_BTC: Tensor) -> Tensor:
        out_BTC: Tensor = self.dropout(self.c_proj(self.gelu(self.c_fc(x_BTC))))
        return out_BTC


class Block(nn.Module):
    def __init__(self, model: ModelSpec, dropout: float) -> None:
        super().__init__()
        self.ln_1 = nn.LayerNorm(model.n_embd)
        self.attn = Attention(model, dropout)
        self.ln_2 = nn.LayerNorm(model.n_embd)
        self.mlp = MLP(model, dropout)

    def forward(self, x_BTC: Tensor) -> Tensor:
        x_BTC = x_BTC + self.attn(self.ln_1(x_BTC))
        out_BTC: Tensor = x_BTC + self.mlp(self.ln_2(x_BTC))
        return out_BTC


class PlainTransformer(nn.Module):
    """Token ids (B, T) to logits (B, T, V)."""

    def __init__(self, model: ModelSpec, dropout: float) -> None:
        super().__init__()
        self.transformer = nn.ModuleDict(
            {
                "wte": nn.Embedding(model.vocab_size, model.n_embd),
                "wpe": nn.Embedding(model.block_size, model.n_embd),
                "drop": nn.Dropout(dropout),
                "h": nn.Sequential(*(Block(model, dropout) for _ in range(model.n_layer))),
                "ln_f": nn.LayerNorm(model.n_embd),
            }
        )
        self.lm_head = nn.Linear(model.n_embd, model.vocab_size, bias=False)
        if model.tied:
            self.lm_head.weight = self.transformer["wte"].weight  # type: ignore[assignment]

    def forward(self, ids_BT: Tensor) -> Tensor:
        parts = self.transformer
        positions_T = torch.arange(ids_BT.shape[1])
        x_BTC = parts["drop"](parts["wte"](ids_BT) + parts["wpe"](positions_T))
        logits_BTV: Tensor = self.lm_head(parts["ln_f"](parts["h"](x_BTC)))
        return logits_BTV


class PlainLoop:
    """A training loop over the run's own batches, padded to each batch's longest item."""

    def __init__(self, spec: RunSpec, corpus: Corpus) -> None:
        settings = spec.hyperparameters
        self.step = 0
        self.model = PlainTransformer(spec.model, settings.dropout)
        self._spec = spec
        self._settings: Hyperparameters = settings
        self._corpus = corpus
        matrices = [weight for weight in self.model.parameters() if weight.dim() >= 2]
        vectors = [weight for weight in self.model.parameters() if weight.dim() < 2]
        self._optimizer = torch.optim.AdamW(
            [
                {"params": matrices, "weight_decay": settings.weight_decay},
                {"params": vectors, "weight_decay": 0.0},
            ],
            lr=settings.learning_rate,
            betas=(settings.beta1, settings.beta2),
        )

    def train_step(self) -> float:
        """One step; returns the batch's loss, nats per token."""
        settings = self._settings
        for group in self._optimizer.param_groups:
            group["lr"] = settings.learning_rate_at(self.step)
        ids_BT, targets_BT = map(
            torch.from_numpy, batch(self._corpus, self._spec.seed, self.step, settings.batch_size)
        )
        logits_BTV = self.model(ids_BT)
        loss = F.cross_entropy(logits_BTV.flatten(0, 1), targets_BT.flatten(), ignore_index=NO_TARGET)
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        if settings.grad_clip > 0.0:
            nn.utils.clip_grad_norm_(self.model.parameters(), settings.grad_clip)
        self._optimizer.step()
        self.step += 1
        return loss.item()
