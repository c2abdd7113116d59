"""One forward pass with everything that it made, of a prompt or of a sequence of the newest batch.

Letters as in ``weightdeck.model.transformer``; L tokens of one sequence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from weightdeck.model.gates import Gates
from weightdeck.model.moment import Moment
from weightdeck.model.transformer import Drop, Rows, cross_entropy, forward
from weightdeck.probes.predictions import frozen
from weightdeck.run.frame import Floats
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InBatch, InPrompt, Where
from weightdeck.training.newest import NewestBatch

STREAM = "stream"  # where dropout acts first: on the sum of both embeddings

SQUARE = ("attn.attn_scores", "attn.pattern")  # taps of (head, query, key)

Tensors = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class ForwardPass:
    """Every tap of one sequence of tokens, float32, in the shapes of ``weightdeck.run.layout.tap_shapes``.

    In a batch the last block runs its MLP, and what follows, only where the loss counts: there the taps from
    ``attn_out`` on, their gradients and dropout's factors are NaN at all other tokens.
    """

    step: int  # of the weights
    model: ModelSpec
    weights: Tensors  # detached; they may be live: then only now
    gates: Gates | None
    where: Where
    ids: tuple[int, ...]
    raw: Mapping[str, Floats]  # before strips and clamps
    shown: Mapping[
        str, Floats
    ]  # after them, what the rest of the pass used; the same objects where none acted
    kept: Mapping[str, Floats]  # dropout's factors, 0 or 1 / (1 - p); nothing without dropout:
    # on `STREAM` (the sum of both embeddings), after every "attn.pattern", before every "attn_out" and "mlp_out"
    raw_gradients: Mapping[str, Floats]  # d loss of the batch / d raw tap, nats; nothing for a prompt,
    gradients: Mapping[
        str, Floats
    ]  # and d loss / d shown tap: neither has "probs", of which the loss is not made


@torch.no_grad()
def prompt_pass(moment: Moment, text: str, ids: tuple[int, ...]) -> ForwardPass:
    """The pass of a prompt (at least one token), as predictions show it; every position is computed to the end."""
    recorder = _Recorder(moment.gates, moment.model, None)
    weights = _detached(moment.weights)
    forward(moment.model, weights, Rows.of_prompt(ids), recorder.tap)
    raw = {name: frozen(value) for name, value in recorder.raw.items()}
    shown = {
        name: raw[name] if value is recorder.raw[name] else frozen(value)
        for name, value in recorder.shown.items()
    }
    return ForwardPass(
        moment.step, moment.model, weights, moment.gates, InPrompt(text), ids, raw, shown, {}, {}, {}
    )


def batch_pass(batch: NewestBatch, model: ModelSpec, row: int, *, with_gradients: bool) -> ForwardPass:
    """The pass of one sequence, just as training computed it. Raises ``ValueError`` with a sentence when there is no
    such row.
    """
    check_row(batch, row)
    return WholeBatchPass(batch, model, with_gradients=with_gradients).row(row)


def check_row(batch: NewestBatch, row: int) -> None:
    """Raise ``ValueError`` with a sentence when the batch has no such row."""
    sequences = batch.rows.sequences
    if not 0 <= row < sequences:
        raise ValueError(f"The batch has {sequences} sequences, counted from 0: there is no {row}.")


class WholeBatchPass:
    """The newest batch's pass once more, bit for bit as training made it: the same rows, gates and dropout. Its
    sequences are read one by one. Touches no gradient of the trainer's.
    """

    def __init__(self, batch: NewestBatch, model: ModelSpec, *, with_gradients: bool) -> None:
        self.batch = batch
        self.weights = _detached(batch.weights)  # copies when gradients are wanted
        self.weight_gradients: Tensors = {}  # d loss / d weight of the whole batch, before clipping
        self._model = model
        self._recorder = _Recorder(batch.gates, model, batch.make_drop())
        self._raw_gradients: Tensors = {}
        self._gradients: Tensors = {}
        if with_gradients:
            self._compute_with_gradients()
        else:
            with torch.no_grad():
                self._forward(self.weights)
        rows = batch.rows
        cells_N = torch.arange(len(rows.ids_N)) if rows.cells_N is None else rows.cells_N
        self._lengths_B = torch.bincount(cells_N // rows.tokens, minlength=rows.sequences)

    def row(self, row: int) -> ForwardPass:
        """One sequence's pass."""
        recorder = self._recorder
        found: dict[int, Floats] = {}

        def cut(tensors: Tensors) -> _Cuts:
            return _Cuts(tensors, partial(self._cut, row=row), found)

        return ForwardPass(
            step=self.batch.step,
            model=self._model,
            weights=self.weights,
            gates=self.batch.gates,
            where=InBatch(row),
            ids=self.ids(row),
            raw=cut(recorder.raw),
            shown=cut(recorder.shown),
            kept=cut(recorder.kept),
            raw_gradients=cut(self._raw_gradients),
            gradients=cut(self._gradients),
        )

    def ids(self, row: int) -> tuple[int, ...]:
        """The sequence's tokens, without padding."""
        return tuple(self.batch.rows.ids_N[self._real(row)].tolist())

    def targets(self, row: int) -> tuple[int, ...]:
        """What came after each of them; -1 where the loss does not count."""
        targets_N = torch.full((len(self.batch.rows.ids_N),), -1)
        targets_N[self._scored_N()] = self.batch.rows.targets_S
        return tuple(targets_N[self._real(row)].tolist())

    def shown(self, row: int, name: str) -> Floats:
        """A tap of one sequence, after strips and clamps."""
        return self._cut(name, self._recorder.shown[name], row)

    def gradient(self, row: int, name: str) -> Floats | None:
        """d loss / d tap as shown, nats; None for probs, and without gradients."""
        gradient = self._gradients.get(name)
        return None if gradient is None else self._cut(name, gradient, row)

    def _forward(self, weights: Tensors) -> Tensor:
        drop = self._recorder.drop if self._recorder.drops else None
        return forward(self._model, weights, self.batch.rows, self._recorder.tap, drop)

    @torch.enable_grad()
    def _compute_with_gradients(self) -> None:
        leaves = {name: weight.clone().requires_grad_() for name, weight in self.weights.items()}
        loss = cross_entropy(self._forward(leaves), self.batch.rows)
        recorder = self._recorder
        wanted = {
            id(value): value for part in (leaves, recorder.raw, recorder.shown) for value in part.values()
        }
        found: tuple[Tensor | None, ...] = torch.autograd.grad(loss, list(wanted.values()), allow_unused=True)
        of = {key: gradient for key, gradient in zip(wanted, found, strict=True) if gradient is not None}
        self.weight_gradients, self._raw_gradients, self._gradients = (
            {name: of[id(value)] for name, value in part.items() if id(value) in of}
            for part in (leaves, recorder.raw, recorder.shown)
        )
        self.weights = _detached(leaves)

    def _real(self, row: int) -> slice:
        """Where the row's tokens are among all real positions."""
        first = int(self._lengths_B[:row].sum())
        return slice(first, first + int(self._lengths_B[row]))

    def _scored_N(self) -> Tensor:
        rows = self.batch.rows
        return torch.arange(len(rows.ids_N)) if rows.scored_S is None else rows.scored_S

    def _cut(self, name: str, value: Tensor, row: int) -> Floats:
        rows = self.batch.rows
        if value.ndim == 3:  # per head, padding included
            L = int(self._lengths_B[row])
            of_heads = value.detach().view(rows.sequences, -1, *value.shape[1:])[row, :, :L]
            return frozen(of_heads[:, :, :L] if name.endswith(SQUARE) else of_heads)
        if len(value) != len(rows.ids_N):
            scored = value.detach()
            value = torch.full((len(rows.ids_N), *scored.shape[1:]), math.nan)
            value[rows.scored_S] = scored
        return frozen(value[self._real(row)])


class _Cuts(Mapping[str, Floats]):
    """What belongs to one sequence, cut out of the whole batch's when it is asked for: who explains one number needs
    few taps of many sequences. Of one tensor it is one array, whatever mapping of the sequence has it.
    """

    def __init__(
        self, tensors: Tensors, cut: Callable[[str, Tensor], Floats], found: dict[int, Floats]
    ) -> None:
        self._tensors = tensors
        self._cut = cut
        self._found = found  # by the tensor's id; shared by all mappings of a sequence

    def __getitem__(self, name: str) -> Floats:
        tensor = self._tensors[name]
        if id(tensor) not in self._found:
            self._found[id(tensor)] = self._cut(name, tensor)
        return self._found[id(tensor)]

    def __contains__(self, name: object) -> bool:
        return name in self._tensors

    def __iter__(self) -> Iterator[str]:
        return iter(self._tensors)

    def __len__(self) -> int:
        return len(self._tensors)


class _Recorder:
    """The tap and the dropout of one pass, and all that went through them, in the shapes of ``forward``."""

    def __init__(self, gates: Gates | None, model: ModelSpec, drop: Drop | None) -> None:
        self.raw: dict[str, Tensor] = {}
        self.shown: dict[str, Tensor] = {}
        self.kept: dict[str, Tensor] = {}
        self.drops = drop is not None
        self._gates = gates
        self._drop = drop
        self._places = _drop_places(model)

    def tap(self, name: str, value: Tensor) -> Tensor:
        self.raw[name] = value
        self.shown[name] = value if self._gates is None else self._gates(name, value)
        return self.shown[name]

    def drop(self, value: Tensor) -> Tensor:
        assert self._drop is not None
        factors = self._drop(torch.ones_like(value))
        place = next(self._places)
        # `forward` drops the pattern as (key, query).
        self.kept[place] = factors.transpose(1, 2) if place.endswith(SQUARE) else factors
        return value * factors


def _drop_places(model: ModelSpec) -> Iterator[str]:
    """The names of `ForwardPass.kept`, in the order in which ``forward`` drops."""
    yield STREAM
    for block in range(model.n_layer):
        for tap in ("attn.pattern", "attn_out", "mlp_out"):
            yield f"blocks.{block}.{tap}"


def _detached(weights: Tensors) -> dict[str, Tensor]:
    return {name: weight.detach() for name, weight in weights.items()}
