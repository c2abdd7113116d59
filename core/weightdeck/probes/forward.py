"""The forward pass of one sequence, read number by number: what lines of arithmetic about activations are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from weightdeck.probes.backward import Cell
from weightdeck.probes.explain_written import given_token
from weightdeck.probes.passes import ForwardPass
from weightdeck.run.explanation import Operand, Term
from weightdeck.run.subjects import TapCell, WeightCell


@dataclass(frozen=True, slots=True)
class Forward:
    """One sequence's pass, and what its tokens are called."""

    made: ForwardPass
    vocabulary: Sequence[str]

    def token(self, position: int) -> str:
        """A token in words: “i” (token 3)."""
        return f"“{given_token(self.vocabulary[self.made.ids[position]])}” (token {position})"

    def activation(self, label: str, tap: str, cell: Cell) -> Operand:
        """A number of a tap as the rest of the pass used it."""
        return Operand(label, float(self.made.shown[tap][cell]), TapCell(self.made.where, tap, cell))

    def weight(self, tensor: str, cell: Cell, label: str = "weight") -> Operand:
        return Operand(label, self.made.weights[tensor][cell].item(), WeightCell(tensor, cell))

    def linear(
        self, module: str, output: int, inputs: Sequence[Operand], after: tuple[Operand, ...] = ()
    ) -> tuple[Term, ...]:
        """The bias, then every input times its weight; `after` are factors of the whole."""
        bias = self.weight(f"{module}.bias", (output,), "bias")
        return (
            Term((bias, *after)),
            *(
                Term((x, self.weight(f"{module}.weight", (output, column)), *after))
                for column, x in enumerate(inputs)
            ),
        )

    def kept(self, place: str, cell: Cell) -> tuple[Operand, ...]:
        """Dropout's factor at one of its places (``ForwardPass.kept``); nothing without dropout."""
        if place not in self.made.kept:
            return ()
        factor = float(self.made.kept[place][cell])
        return (Operand("kept by dropout" if factor else "dropped", factor),)

    def fader(self, tap: str, head: int | None = None) -> tuple[Operand, ...]:
        """The gain of the strip that acts on a tap; nothing where it stands at 1."""
        factor = None if self.made.gates is None else self.made.gates.factors.get(tap)
        if factor is None:
            return ()
        gain = factor.item() if head is None else factor[head].item()
        return () if gain == 1.0 else (Operand("fader", gain),)

    def means(self, tap: str, feature: int) -> tuple[Term, ...]:
        """What parts that are muted to their mean write there."""
        added_PC = None if self.made.gates is None else self.made.gates.added.get(tap)
        if added_PC is None:
            return ()
        label = "mean of muted head {}" if tap.endswith("attn_out") else "mean of the muted MLP"
        return tuple(
            Term((Operand(label.format(part), row_C[feature].item()),))
            for part, row_C in enumerate(added_PC)
            if row_C.any()
        )

    def is_clamped(self, tap: str, feature: int) -> bool:
        clamp = None if self.made.gates is None else self.made.gates.clamps.get(tap)
        return clamp is not None and bool(clamp[0][feature])
