"""Taps in plain words, grouped as a person meets them, and how their numbers are written."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication

from weightdeck.run.spec import ModelSpec
from weightdeck.run.subjects import InBatch, InPrompt
from weightdeck_desktop.panels.explain_words import figure
from weightdeck_desktop.panels.tap_source import ShownTaps, TapSource
from weightdeck_desktop.widgets.plain_number import plain_number

_IN_BLOCK = (
    "resid_pre",
    "ln1.normalized",
    "attn.q",
    "attn.k",
    "attn.v",
    "attn.attn_scores",
    "attn.pattern",
    "attn.z",
    "attn_out",
    "resid_mid",
    "ln2.normalized",
    "mlp.pre",
    "mlp.post",
    "mlp_out",
    "resid_post",
)
_LONGEST = 14  # characters of a prompt in a title


def tap_groups(model: ModelSpec) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Every tap under the name of its group: before the blocks, each block, after them."""
    blocks = tuple(
        (
            _tr("block {0}").format(block),
            tuple(f"blocks.{block}.{stage}" for stage in _IN_BLOCK),
        )
        for block in range(model.n_layer)
    )
    first = (_tr("tokens in"), ("embed", "pos_embed"))
    last = (_tr("prediction"), ("ln_final.normalized", "logits", "probs"))
    return (first, *blocks, last)


def tap_block(tap: str) -> int | None:
    """The block of a tap; None outside the blocks."""
    return int(tap.split(".")[1]) if tap.startswith("blocks.") else None


def tap_stage(tap: str) -> str:
    """A tap's name without its block."""
    return tap.split(".", 2)[2] if tap.startswith("blocks.") else tap


def stage_words(tap: str) -> str:
    """A tap in plain words, without its block."""
    return {
        "embed": _tr("token vectors"),
        "pos_embed": _tr("position vectors"),
        "resid_pre": _tr("residual, before"),
        "ln1.normalized": _tr("layer norm 1"),
        "attn.q": _tr("queries"),
        "attn.k": _tr("keys"),
        "attn.v": _tr("values"),
        "attn.attn_scores": _tr("attention scores"),
        "attn.pattern": _tr("attention pattern"),
        "attn.z": _tr("head outputs"),
        "attn_out": _tr("attention output"),
        "resid_mid": _tr("residual, between"),
        "ln2.normalized": _tr("layer norm 2"),
        "mlp.pre": _tr("MLP sums"),
        "mlp.post": _tr("MLP neurons"),
        "mlp_out": _tr("MLP output"),
        "resid_post": _tr("residual, after"),
        "ln_final.normalized": _tr("last layer norm"),
        "logits": _tr("logits"),
        "probs": _tr("probabilities"),
    }[tap_stage(tap)]


def is_square(tap: str) -> bool:
    """Whether a tap's columns are tokens of the prompt, as its rows are."""
    return tap.endswith((".attn_scores", ".pattern"))


def unit_words(tap: str, source: TapSource) -> str:
    """What one unit of a tap's values is."""
    if source is TapSource.GRADIENT:
        return _tr("nats of loss per unit")
    if tap_stage(tap) == "attn.pattern":
        return _tr("share of attention")
    if tap == "probs":
        return _tr("probability")
    if tap == "logits" or tap_stage(tap) == "attn.attn_scores":
        return _tr("nats, before softmax")
    return _tr("no unit")


def source_words(shown: ShownTaps) -> str:
    """Whose numbers are shown, short."""
    match shown.source:
        case TapSource.DIFFERENCE:
            return _tr("A − B")
        case TapSource.EFFECT:
            return _tr("B patched − B")
        case TapSource.GRADIENT if isinstance(shown.where, InBatch):
            return _tr("gradient, sequence {0}").format(shown.where.row)
    if isinstance(shown.where, InBatch):
        return _tr("sequence {0} of the batch").format(shown.where.row)
    assert isinstance(shown.where, InPrompt)
    text = shown.where.text
    if not text:
        return _tr("empty prompt, patched") if shown.is_patched else _tr("empty prompt")
    short = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return (_tr("“{0}” patched") if shown.is_patched else _tr("“{0}”")).format(short)


def prompt_of(shown: ShownTaps | None) -> str | None:
    """The prompt whose own pass is shown; None for a difference, a batch, what follows a patch, and for nothing."""
    if shown is None or not isinstance(shown.where, InPrompt) or shown.is_patched:
        return None
    return shown.where.text


def no_subject_words(shown: ShownTaps) -> str:
    """Why a number of what is shown cannot be explained."""
    if shown.is_patched:
        return _tr("Behind a patch a number is not explained: choose A or B.")
    return _tr("A difference belongs to no single pass: choose A or B to have a number explained.")


def value_words(value: float, *, signed: bool = True) -> str:
    """A number of a tap, to four decimals and four significant digits; with its sign where it may be below 0."""
    if math.isnan(value):
        return _tr("not a number")
    if math.isinf(value):
        return "−∞" if value < 0.0 else "+∞"
    sign = "+" if signed else ""
    is_small_or_large = 0.0 < abs(value) < 0.1 or abs(value) >= 1e6
    return figure(value, sign) if is_small_or_large else plain_number(value, 4, sign)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Inspector", text)
