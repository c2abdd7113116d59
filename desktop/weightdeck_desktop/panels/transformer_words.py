"""What is said of the stages of the transformer, and of their numbers. No widgets."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from weightdeck.run.audit import Mismatch
from weightdeck.run.inside import Patch, TapReading
from weightdeck.run.layout import layout
from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InPrompt
from weightdeck.run.words import BOUNDARY
from weightdeck_desktop.panels.attention_readings import MASK as MASK_STAGE
from weightdeck_desktop.panels.attention_readings import head_reading
from weightdeck_desktop.panels.inspector_cells import cell_words
from weightdeck_desktop.panels.inspector_stage import stage_of
from weightdeck_desktop.panels.inspector_words import stage_words, tap_block, tap_stage, unit_words
from weightdeck_desktop.panels.tap_source import ShownTaps
from weightdeck_desktop.panels.token_words import given_tokens
from weightdeck_desktop.panels.transformer_stages import CURVE, MASK, NEXT, is_by_head, is_tap, shown_tap
from weightdeck_desktop.panels.transformer_values import StageValues
from weightdeck_desktop.widgets.flow_parts import FlowCell


def number_words(
    shown: ShownTaps, cell: FlowCell, vocabulary: tuple[str, ...], mismatches: Sequence[Mismatch] = ()
) -> str:
    """A number's tap, its place and its value, as the inspector writes it."""
    block, tap = tap_block(cell.stage), shown_tap(cell.stage)
    if tap not in shown.values:
        return ""
    if cell.stage.endswith(MASK):
        assert block is not None
        return _tr("mask · {0}").format(mask_words(shown, block, cell))
    stage = stage_of(shown, tap, cell.picture, mismatches)
    rows, columns = stage.values.shape
    if cell.row >= rows or cell.column >= columns:
        return ""
    words = cell_words(stage, cell.row, cell.column, vocabulary)
    return f"{_what(tap, stage.head)} · {words} ({tap})"


def mask_words(shown: ShownTaps, block: int, cell: FlowCell) -> str:
    """Whether one token may look at another."""
    reading = head_reading(shown, block, 0)
    if max(cell.row, cell.column) >= len(reading.tokens):
        return ""
    if shown.where is not None:
        return reading.cell_words(MASK_STAGE, cell.row, cell.column)
    may = _tr("it may") if cell.column <= cell.row else _tr("masked: it comes later")
    return _tr("{0} looks at {1} · {2}").format(reading.tokens[cell.row], reading.tokens[cell.column], may)


def stage_tip(
    stage: str, seen: StageValues | None, shown: ShownTaps | None, after: str, *, muted: str = ""
) -> str:
    """Everything about a stage, line by line; `after` is the token whose next ones are named."""
    if stage == NEXT:
        return _tr("The likeliest next tokens after “{0}”, with their probabilities.").format(after)
    if stage.endswith(CURVE):
        return _tr(
            "GELU: what a neuron makes of its sum, drawn from −3 to 3: nearly 0 below, nearly the sum above."
        )
    lines = [f"{_what(stage)} ({shown_tap(stage)})"]
    if shown is not None and seen is not None:
        lines.append(_size(stage, seen, shown))
        lines.append(_colours(seen))
    lines.append(_explained(stage))
    if muted:
        lines.append(muted)
    lines.append(_tr("Click: inspect it. Double click: where that number comes from."))
    return "\n".join(lines)


def _what(stage: str, head: int | None = None) -> str:
    """A stage, or one head of it, in words that can stand in a sentence."""
    if stage.endswith(MASK):
        return _tr("mask: where a token may look")
    words, block = stage_words(stage), tap_block(stage)
    if block is None:
        return words
    if head is not None:
        return _tr("{0} of head {1}.{2}").format(words, block, head)
    place = {
        "resid_pre": _tr("residual stream before block {1}"),
        "resid_mid": _tr("residual stream in the middle of block {1}"),
        "resid_post": _tr("residual stream after block {1}"),
    }.get(tap_stage(stage), _tr("{0} of block {1}"))
    return place.format(words, block)


def _colours(seen: StageValues) -> str:
    """Where the colours end, and what lies beyond."""
    if not seen.signed:
        return _tr("colours: 0 to 1")
    words = _tr("colours: −{0} to +{0}, the same in every block").format(seen.end)
    if seen.beyond is None:
        return words
    beyond = _tr("; what is larger, up to ±{0:.4g}, has the colour of the ends").format(seen.beyond)
    return words + beyond


def _size(stage: str, seen: StageValues, shown: ShownTaps) -> str:
    rows, columns = seen.values.shape[-2:]
    unit = unit_words(shown_tap(stage), shown.source) if is_tap(stage) else _tr("1: it may, 0: it may not")
    size = _tr("{0:,} tokens × {1:,} · {2}").format(rows, columns, unit)
    return _tr("{0} heads · {1}").format(len(seen.values), size) if is_by_head(stage) else size


def _explained(stage: str) -> str:
    kind = MASK if stage.endswith(MASK) else tap_stage(stage)
    return {
        "embed": _tr("The vector of every token, looked up."),
        "pos_embed": _tr("The vector of every position; added to the token's."),
        "ln1.normalized": _tr("The residual stream, each token centred and scaled to length."),
        "attn.q": _tr("What every token looks for, by head."),
        "attn.k": _tr("What every token offers to be found by, by head."),
        "attn.v": _tr("What every token gives to those that look at it, by head."),
        "attn.attn_scores": _tr("How well query and key fit; later tokens are masked (hatched)."),
        MASK: _tr("A token sees itself and what came before, never what comes later."),
        "attn.pattern": _tr("Shares of attention: rows are tokens that look, columns at which."),
        "attn.z": _tr("The values that a head has gathered, weighted by its attention."),
        "attn_out": _tr("What all heads together write into the residual stream."),
        "resid_mid": _tr("The residual stream after attention was added."),
        "ln2.normalized": _tr("The residual stream again, each token centred and scaled."),
        "mlp.pre": _tr("The sum of every neuron, before its nonlinearity."),
        "mlp.post": _tr("How strongly every neuron fires."),
        "mlp_out": _tr("What the neurons together write into the residual stream."),
        "resid_post": _tr("The residual stream as it leaves the block."),
        "ln_final.normalized": _tr("The residual stream, centred and scaled a last time."),
        "logits": _tr("A score for every token that may come next."),
        "probs": _tr("The scores as probabilities: they sum to 1 in every row."),
    }[kind]


def patch_words(patch: Patch, tokens: tuple[str, ...]) -> str:
    """What of A stands in B; `tokens` are A's, as they are known."""
    words = _what(patch.tap, patch.head if is_by_head(patch.tap) else None)
    if patch.feature is not None:
        words += _tr(", feature {0}").format(patch.feature)
    if patch.token is not None:
        name = given_tokens(tokens)[patch.token] if patch.token < len(tokens) else ""
        words += (
            _tr(" at token {0} “{1}”").format(patch.token, name)
            if name
            else _tr(" at token {0}").format(patch.token)
        )
    return words


def model_words(spec: ModelSpec) -> str:
    """ "3 layers · 88,272 parameters"."""
    layers = _tr("1 layer") if spec.n_layer == 1 else _tr("{0} layers").format(spec.n_layer)
    return layers + " · " + _tr("{0:,} parameters").format(layout(spec).num_parameters)


def prompt_remark(typed: Sequence[TapReading]) -> str:
    """What the model does not see of prompts; "" when it sees all of them."""
    sentences = []
    for name, reading in zip("AB", typed, strict=False):
        said = _of_prompt(reading)
        if said:
            sentences.append(f"{name}: {said}" if len(typed) > 1 else said)
    return " ".join(sentences)


def _of_prompt(reading: TapReading) -> str:
    assert isinstance(reading.where, InPrompt)
    if not reading.where.text and reading.ids:
        return _tr("The prompt is empty: the model sees only the start.")
    said = [reading.problem] if reading.problem else []
    if reading.cut:
        letters = sum(token != BOUNDARY for token in reading.tokens)
        said.append(_tr("The model sees the last {0} letters.").format(letters))
    return " ".join(said)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Transformer", text)
