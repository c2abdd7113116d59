"""The backward pass of one sequence, read number by number: what lines of arithmetic about gradients are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from weightdeck.model.transformer import NORM_EPSILON
from weightdeck.probes.explain_written import chain, figure, given_token, next_token
from weightdeck.probes.passes import ForwardPass, WholeBatchPass, check_row
from weightdeck.run.explanation import Fact, Operand, Rule, Term
from weightdeck.run.layout import FINAL_NORM
from weightdeck.run.subjects import InBatch, TapCell, TapGradient, WeightCell

Cell = tuple[int, ...]
MOST_WRITTEN = 4  # terms of a sum that are written out

# A cell of each tap without saying where; {} is its last place, the name of the token for what is of the vocabulary.
_WORDS = {
    "embed": "token vector {}",
    "pos_embed": "position vector {}",
    "resid_pre": "stream {}",
    "ln1.normalized": "norm 1 {}",
    "attn.q": "query {}",
    "attn.k": "key {}",
    "attn.v": "value {}",
    "attn.attn_scores": "score to token {}",
    "attn.pattern": "attention to token {}",
    "attn.z": "gathered {}",
    "attn_out": "attention out {}",
    "resid_mid": "stream {}",
    "ln2.normalized": "norm 2 {}",
    "mlp.pre": "neuron {} before GELU",
    "mlp.post": "neuron {}",
    "mlp_out": "MLP out {}",
    "resid_post": "stream {}",
    "ln_final.normalized": "final norm {}",
    "logits": "logit of “{}”",
    "probs": "probability of “{}”",
}


@dataclass(frozen=True, slots=True)
class Line:
    """What a gradient is made of; with GIVEN it is not made of anything, and the note says why."""

    symbols: str
    terms: tuple[Term, ...]
    facts: tuple[Fact, ...] = ()
    note: str = ""
    rule: Rule = Rule.SUM


@dataclass(frozen=True, slots=True)
class Backward:
    """One sequence of the newest batch, forward and backward, and what its loss was counted with."""

    made: ForwardPass  # with gradients
    targets: tuple[int, ...]  # what came after each token, -1 where the loss does not count
    counted: int  # tokens of the whole batch that count
    vocabulary: Sequence[str]

    @classmethod
    def of(cls, whole: WholeBatchPass, row: int, vocabulary: Sequence[str]) -> Backward:
        """A sequence of a batch that was computed with gradients. Raises ``ValueError`` with a sentence when it has no
        such row.
        """
        check_row(whole.batch, row)
        return cls(whole.row(row), whole.targets(row), len(whole.batch.rows.targets_S), vocabulary)

    @property
    def row(self) -> int:
        assert isinstance(self.made.where, InBatch)
        return self.made.where.row

    @property
    def tokens(self) -> int:
        return len(self.made.ids)

    def token(self, position: int) -> str:
        """A token in words: “i” (token 3)."""
        return f"“{given_token(self.vocabulary[self.made.ids[position]])}” (token {position})"

    def short_words(self, tap: str, cell: Cell) -> str:
        """A cell without saying where: "neuron 31", "logit of “i”"."""
        place = next_token(self.vocabulary[cell[-1]]) if tap in ("logits", "probs") else cell[-1]
        return _WORDS[tail(tap)].format(place)

    def words(self, tap: str, cell: Cell) -> str:
        """A cell with all that says where: "query 3 of head 0.1 at “i” (token 2), sequence 5"."""
        block = tap.split(".")[1] if tap.startswith("blocks.") else ""
        whose = f" of head {block}.{cell[0]}" if len(cell) == 3 else f" of block {block}" if block else ""
        return f"{self.short_words(tap, cell)}{whose} at {self.token(position_of(cell))}, sequence {self.row}"

    def is_counted(self, tap: str, position: int) -> bool:
        """Whether a tap was computed at a token: the last block's MLP runs only where the loss counts."""
        gradient = self.made.gradients[tap]
        return gradient.ndim == 3 or not math.isnan(gradient[position, 0])

    def gradient(self, tap: str, cell: Cell) -> Operand:
        value = float(self.made.gradients[tap][cell])
        return Operand(f"gradient of {self.short_words(tap, cell)}", value, TapGradient(self.row, tap, cell))

    def activation(self, tap: str, cell: Cell) -> Operand:
        value = float(self.made.shown[tap][cell])
        return Operand(self.short_words(tap, cell), value, TapCell(self.made.where, tap, cell))

    def weight(self, tensor: str, cell: Cell, label: str = "weight") -> Operand:
        return Operand(label, float(self.made.weights[tensor].numpy()[cell]), WeightCell(tensor, cell))

    def arriving(self, tap: str, cell: Cell) -> tuple[Operand, ...]:
        """Factors of d loss / d what the model computed for a tap: the tap's gradient, what the strips make of it and,
        where dropout came before the tap, its factor.
        """
        dropped = () if tap.endswith("attn.pattern") else self.kept(tap, cell)
        return self.gradient(tap, cell), *self._gate(tap, cell), *dropped

    def kept(self, place: str, cell: Cell) -> tuple[Operand, ...]:
        """Dropout's factor at one of its places (``ForwardPass.kept``); nothing without dropout."""
        if place not in self.made.kept:
            return ()
        factor = float(self.made.kept[place][cell])
        return (Operand("kept by dropout" if factor else "dropped", factor),)

    def _gate(self, tap: str, cell: Cell) -> tuple[Operand, ...]:
        gates = self.made.gates
        if gates is None:
            return ()
        if self.is_clamped(tap, cell):
            return (Operand("clamped", 0.0),)
        factor = gates.factors.get(tap)
        if factor is None:
            return ()
        gain = factor.item() if factor.ndim == 0 else factor[cell[0]].item()
        return (Operand("fader", gain),)

    def is_clamped(self, tap: str, cell: Cell) -> bool:
        gates = self.made.gates
        clamp = None if gates is None else gates.clamps.get(tap)
        return clamp is not None and bool(clamp[0][cell[-1]])


@dataclass(frozen=True, slots=True)
class Norm:
    """One layer norm at one token, in float64 from its float32 input: unit = (x - mean) / spread."""

    source: str  # tap that it reads
    gain: str  # its gain's tensor; the bias goes by the same name
    unit_C: np.ndarray[tuple[int], np.dtype[np.float64]]
    mean: float
    spread: float

    @classmethod
    def of(cls, made: ForwardPass, tap: str, position: int) -> Norm:
        """The norm that makes `tap`, one of the ``normalized``."""
        source, gain = norm_parts(tap, made.model.n_layer)
        x_C = made.shown[source][position].astype(np.float64)
        spread = math.sqrt(x_C.var() + NORM_EPSILON)
        return cls(source, gain, (x_C - x_C.mean()) / spread, float(x_C.mean()), spread)


def norm_parts(tap: str, n_layer: int) -> tuple[str, str]:
    """What a layer norm reads, and the name of its gain."""
    if tap == "ln_final.normalized":
        return f"blocks.{n_layer - 1}.resid_post", FINAL_NORM
    block, norm = tap.removeprefix("blocks.").split(".")[:2]
    source, name = ("resid_pre", "ln_1") if norm == "ln1" else ("resid_mid", "ln_2")
    return f"blocks.{block}.{source}", f"transformer.h.{block}.{name}.weight"


def position_of(cell: Cell) -> int:
    """The token that a cell lies at: of (token, feature), (head, token, feature), (head, query, key)."""
    return cell[-2]


def tail(tap: str) -> str:
    """A tap's name without its block: "mlp.pre"."""
    return tap.split(".", 2)[2] if tap.startswith("blocks.") else tap


def written(terms: Sequence[Term], value: float) -> str:
    """A sum with its real numbers: of a short one every product, of a long one the largest terms."""
    if len(terms) <= MOST_WRITTEN:
        shown = [_product(term) for term in terms]
    else:
        largest = sorted(terms, key=lambda term: -abs(term.value))[: MOST_WRITTEN - 1]
        shown = [*(figure(term.value) for term in largest), f"... {len(terms) - len(largest):,} more"]
    return f"{chain(shown)} = {figure(value)}"


def _product(term: Term) -> str:
    return " × ".join(figure(operand.value) for operand in term.operands)
