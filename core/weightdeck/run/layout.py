"""Where every parameter lives: names and shapes from the spec, offsets in the one flat buffer. Pure arithmetic.

Shape letters: V vocabulary, C n_embd, T block_size, L n_layer. Names are those of nanoGPT's state dict, weights
are stored as (out, in).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

from weightdeck.run.spec import ModelSpec

ALIGNMENT = 16  # float32 elements: 64 bytes, one cache line

EMBEDDING = "transformer.wte.weight"
POSITIONS = "transformer.wpe.weight"
FINAL_NORM = "transformer.ln_f.weight"
HEAD = "lm_head.weight"


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One parameter tensor. `offset` and `size` count float32 elements in the flat buffer."""

    name: str
    shape: tuple[int, ...]
    offset: int
    decay: bool  # weight decay applies (matrices and embeddings, not biases and gains)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def block(self) -> int | None:
        """Number of the block that the tensor belongs to, or None."""
        return int(self.name.split(".")[2]) if self.name.startswith("transformer.h.") else None


@dataclass(frozen=True, slots=True)
class Layout:
    """All tensors in state-dict order, each once (a tied head is the embedding), and the flat buffer's extent.

    The buffer holds the decayed tensors first: elements [0, decay_end) decay, [decay_end, length) do not.
    Padding between tensors is always zero.
    """

    model: ModelSpec
    tensors: tuple[TensorInfo, ...]
    decay_end: int
    length: int
    by_name: Mapping[str, TensorInfo]

    @property
    def num_parameters(self) -> int:
        return sum(tensor.size for tensor in self.tensors)

    @property
    def head_name(self) -> str:
        """Name of the tensor that makes the logits."""
        return EMBEDDING if self.model.tied else HEAD

    def index_of(self, name: str) -> int:
        """Position of a tensor in state-dict order. Raises ``ValueError`` for an unknown name."""
        for index, tensor in enumerate(self.tensors):
            if tensor.name == name:
                return index
        raise ValueError(f"This model has no parameter called {name!r}.")


def _shapes(model: ModelSpec) -> dict[str, tuple[int, ...]]:
    C = model.n_embd
    shapes: dict[str, tuple[int, ...]] = {EMBEDDING: (model.vocab_size, C), POSITIONS: (model.block_size, C)}
    for block in range(model.n_layer):
        h = f"transformer.h.{block}."
        shapes |= {
            h + "ln_1.weight": (C,),
            h + "ln_1.bias": (C,),
            h + "attn.c_attn.weight": (3 * C, C),
            h + "attn.c_attn.bias": (3 * C,),
            h + "attn.c_proj.weight": (C, C),
            h + "attn.c_proj.bias": (C,),
            h + "ln_2.weight": (C,),
            h + "ln_2.bias": (C,),
            h + "mlp.c_fc.weight": (4 * C, C),
            h + "mlp.c_fc.bias": (4 * C,),
            h + "mlp.c_proj.weight": (C, 4 * C),
            h + "mlp.c_proj.bias": (C,),
        }
    shapes |= {FINAL_NORM: (C,), "transformer.ln_f.bias": (C,)}
    if not model.tied:
        shapes[HEAD] = (model.vocab_size, C)
    return shapes


def _aligned(elements: int) -> int:
    return -(-elements // ALIGNMENT) * ALIGNMENT


@lru_cache(maxsize=64)
def layout(model: ModelSpec) -> Layout:
    """The layout of a model's parameters."""
    shapes = _shapes(model)
    offsets: dict[str, int] = {}
    end = 0
    decay_end = 0
    for decays in (True, False):
        for name, shape in shapes.items():
            if (len(shape) >= 2) is decays:
                offsets[name] = end
                end += _aligned(math.prod(shape))
        if decays:
            decay_end = end
    tensors = tuple(TensorInfo(name, shape, offsets[name], len(shape) >= 2) for name, shape in shapes.items())
    return Layout(model, tensors, decay_end, end, MappingProxyType({t.name: t for t in tensors}))


def tap_shapes(model: ModelSpec, tokens: int) -> dict[str, tuple[int, ...]]:
    """Names and shapes of every tap for one prompt of `tokens` tokens (no batch axis), in order of computation.

    Names are TransformerLens's hook names without their ``hook_`` prefix.
    """
    T, C, H, D = tokens, model.n_embd, model.n_head, model.head_size
    shapes: dict[str, tuple[int, ...]] = {"embed": (T, C), "pos_embed": (T, C)}
    for block in range(model.n_layer):
        b = f"blocks.{block}."
        shapes |= {
            b + "resid_pre": (T, C),
            b + "ln1.normalized": (T, C),
            b + "attn.q": (H, T, D),
            b + "attn.k": (H, T, D),
            b + "attn.v": (H, T, D),
            b + "attn.attn_scores": (H, T, T),
            b + "attn.pattern": (H, T, T),
            b + "attn.z": (H, T, D),
            b + "attn_out": (T, C),
            b + "resid_mid": (T, C),
            b + "ln2.normalized": (T, C),
            b + "mlp.pre": (T, 4 * C),
            b + "mlp.post": (T, 4 * C),
            b + "mlp_out": (T, C),
            b + "resid_post": (T, C),
        }
    return shapes | {
        "ln_final.normalized": (T, C),
        "logits": (T, model.vocab_size),
        "probs": (T, model.vocab_size),
    }
