"""Which tokens of the newest batch push a parameter, and how far: its gradient as a sum over them.

Source of the formulas: ``weightdeck.model.reference.loss_and_gradients``. ``g(x)`` is d loss / d x.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from weightdeck.probes.backward import Backward, Cell, Norm, written
from weightdeck.probes.backward_attention import made_cell
from weightdeck.probes.explain_update import place_of
from weightdeck.probes.passes import WholeBatchPass
from weightdeck.run.explanation import Explanation, Operand, Rule, Term
from weightdeck.run.layout import EMBEDDING, POSITIONS, Layout, layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import WeightCell, WeightGradient
from weightdeck.run.words import slice_title
from weightdeck.training.newest import NewestBatch
from weightdeck.training.trainer import Trainer

_OUTPUTS = {"attn.c_proj": "attn_out", "mlp.c_fc": "mlp.pre", "mlp.c_proj": "mlp_out"}
_INPUTS = {"attn.c_attn": "ln1.normalized", "mlp.c_fc": "ln2.normalized", "mlp.c_proj": "mlp.post"}
_NORMS = {"ln_1": "ln1.normalized", "ln_2": "ln2.normalized"}
_NOTHING = (
    "Nothing in this batch pushes it: no token needs it, or a strip, a clamp or dropout stops what would."
)


def explain_weight_gradient(trainer: Trainer, batch: NewestBatch, subject: WeightGradient) -> Explanation:
    """A term for every token that pushes it. `value` is the run's own float32 number, before clipping.

    Raises ``ValueError`` with a sentence when there is no such parameter, or no gradient of this batch yet.
    """
    place = place_of(subject, trainer.parameters.layout)
    if trainer.gradient_step != batch.step:
        raise ValueError("The step in hand has no gradient yet: go on to its backward part, then ask again.")
    whole = WholeBatchPass(batch, trainer.spec.model, with_gradients=True)
    vocabulary = trainer.corpus.tokenizer.vocabulary
    found = tuple(
        term
        for row in range(batch.rows.sequences)
        for term in _terms(Backward.of(whole, row, vocabulary), subject)
    )
    terms = found or (Term((Operand("nothing", 0.0),)),)
    value = trainer.parameters.gradient[place].item()
    target = ParameterSlice(subject.tensor, subject.index)
    return Explanation(
        subject=subject,
        step=batch.step,
        title=f"gradient of {slice_title(target, vocabulary, trainer.parameters.layout)}",
        value=value,
        rule=Rule.SUM if found else Rule.GIVEN,
        symbols=_symbols(subject.tensor, trainer.parameters.layout),
        numbers=written(terms, value),
        terms=terms,
        note="" if found else _NOTHING,
        related=(("why it changed", WeightCell(subject.tensor, subject.index)),),
    )


def _terms(back: Backward, subject: WeightGradient) -> Iterator[Term]:
    """What one sequence adds, token by token, where that is not 0."""
    for position in range(back.tokens):
        for operands in _products(back, subject, position):
            term = Term((_placed(back, position, operands[0]), *operands[1:]))
            if term.value != 0.0:
                yield term


def _placed(back: Backward, position: int, gradient: Operand) -> Operand:
    return replace(gradient, label=f"sequence {back.row}, {back.token(position)}: {gradient.label}")


def _products(back: Backward, subject: WeightGradient, position: int) -> Iterator[tuple[Operand, ...]]:
    """The products that one token adds to a parameter's gradient: two for a tied embedding, one or none else."""
    tensor, index, made = subject.tensor, subject.index, back.made
    if tensor.startswith(("transformer.h.", "transformer.ln_f.")):
        yield from _of_layer(back, tensor, index, position)
        return
    row, feature = index
    if tensor == layout(made.model).head_name and back.is_counted("logits", position):
        yield (
            *back.arriving("logits", (position, row)),
            back.activation("ln_final.normalized", (position, feature)),
        )
    if tensor == EMBEDDING and made.ids[position] == row:
        yield back.arriving("embed", (position, feature))
    if tensor == POSITIONS and position == row:
        yield back.arriving("pos_embed", (position, feature))


def _of_layer(back: Backward, tensor: str, index: Cell, position: int) -> Iterator[tuple[Operand, ...]]:
    """Of a layer norm, or of a linear layer: what it made, times what it was multiplied with."""
    module, kind = tensor.rsplit(".", 1)
    norm = _norm_tap(module)
    tap, cell = (norm, (position, index[0])) if norm else _made(back.made.model, module, index[0], position)
    if not back.is_counted(tap, position):
        return
    arriving = back.arriving(tap, cell)
    if kind == "bias":
        yield arriving
    elif norm:
        unit = float(Norm.of(back.made, tap, position).unit_C[index[0]])
        yield *arriving, Operand("normalized", unit)
    else:
        yield *arriving, back.activation(*_read(back.made.model, module, index[1], position))


def _norm_tap(module: str) -> str:
    """What a layer norm makes; "" for other modules."""
    if module == "transformer.ln_f":
        return "ln_final.normalized"
    _, _, block, name = module.split(".", 3)
    return f"blocks.{block}.{_NORMS[name]}" if name in _NORMS else ""


def _made(model: ModelSpec, module: str, row: int, position: int) -> tuple[str, Cell]:
    """What a row of a linear layer makes at a token."""
    _, _, block, name = module.split(".", 3)
    if name == "attn.c_attn":
        return made_cell(int(block), row, position, model.n_embd, model.head_size)
    return f"blocks.{block}.{_OUTPUTS[name]}", (position, row)


def _read(model: ModelSpec, module: str, column: int, position: int) -> tuple[str, Cell]:
    """What a column of a linear layer is multiplied with at a token."""
    _, _, block, name = module.split(".", 3)
    if name == "attn.c_proj":
        head, feature = divmod(column, model.head_size)
        return f"blocks.{block}.attn.z", (head, position, feature)
    return f"blocks.{block}.{_INPUTS[name]}", (position, column)


def _symbols(tensor: str, layout: Layout) -> str:
    if tensor == layout.head_name:
        embedded = " + sum of g(token vector)" if tensor == EMBEDDING else ""
        return f"sum over tokens of g(logit) × x{embedded}"
    if tensor == EMBEDDING:
        return "sum over its tokens of g(token vector)"
    if tensor == POSITIONS:
        return "sum over sequences of g(position vector)"
    if tensor.endswith(".bias"):
        return "sum over tokens of g(output)"
    return "sum over tokens of g(output) × " + ("x" if layout.by_name[tensor].decay else "u")
