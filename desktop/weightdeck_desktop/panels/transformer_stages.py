"""The model as bands of stages: what is drawn of it, block by block, closed or open. No widgets.

Stages carry the names of their taps; three that are no tap have names of their own.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication

from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.inspector_words import tap_stage
from weightdeck_desktop.widgets.flow_parts import FlowBand, FlowStage, Link

MASK = "attn.mask"  # of a block: drawn from its scores
CURVE = "mlp.curve"  # of a block: the nonlinearity
NEXT = "next"  # the likeliest next tokens
TOKENS, PREDICTION = "tokens", "prediction"  # bands; blocks are "block 0" ...

_BY_HEAD = ("attn.q", "attn.k", "attn.v", "attn.attn_scores", "attn.pattern", "attn.z")
_LEARNED = (  # stages that parameters of their own make
    "embed",
    "pos_embed",
    "ln1.normalized",
    "attn.q",
    "attn.k",
    "attn.v",
    "attn_out",
    "ln2.normalized",
    "mlp.pre",
    "mlp_out",
    "ln_final.normalized",
    "logits",
)
_NOT_PATCHED = ("attn.attn_scores", "attn.pattern", "logits", "probs", MASK, CURVE, NEXT)
_CURVE_ENDS = 3.0  # the nonlinearity is drawn from -3 to 3
_CURVE_POINTS = 25


def block_key(block: int) -> str:
    return f"block {block}"


def block_of_key(key: str) -> int | None:
    """The block of a band; None of a band that is none."""
    return int(key.split()[1]) if key.startswith("block ") else None


def is_tap(stage: str) -> bool:
    return not (stage == NEXT or stage.endswith((MASK, CURVE)))


def shown_tap(stage: str) -> str:
    """The tap that a stage is drawn from, and that is inspected when it is chosen."""
    if stage.endswith(MASK):
        return stage.removesuffix(MASK) + "attn.attn_scores"
    if stage.endswith(CURVE):
        return stage.removesuffix(CURVE) + "mlp.post"
    return "probs" if stage == NEXT else stage


def is_by_head(stage: str) -> bool:
    """Whether its pictures are heads."""
    return stage.endswith(_BY_HEAD)


def can_patch(stage: str) -> bool:
    """Whether an activation of A can be put in the place of B's there."""
    return not stage.endswith(_NOT_PATCHED)


def has_parameters(stage: str) -> bool:
    return tap_stage(stage) in _LEARNED


def has_gradient(stage: str) -> bool:
    """Whether the gradient of the loss by it is shown."""
    return stage not in ("probs", NEXT) and not stage.endswith((MASK, CURVE))


def bands_of(spec: ModelSpec, open_blocks: frozenset[int], rows: str) -> tuple[FlowBand, ...]:
    """Every band from top to bottom; `rows` is the note under the tokens."""
    return (
        FlowBand(
            TOKENS,
            _tr("tokens in"),
            _tr("What goes in: every token has a vector, and so has every position."),
            (
                _stage("embed", _tr("token vectors")),
                _stage("pos_embed", _tr("position vectors"), link=Link.PLUS),
            ),
            note=rows,
            has_chips=True,
        ),
        *(_block(spec, block, is_open=block in open_blocks) for block in range(spec.n_layer)),
        FlowBand(
            PREDICTION,
            _tr("prediction"),
            _tr("What comes out: a probability for every token that may come next, after every token."),
            (
                _stage("ln_final.normalized", _tr("last layer norm")),
                _stage("logits", _tr("logits"), share=0.7),
                _stage("probs", _tr("softmax"), share=0.7),
                FlowStage(NEXT, _tr("next token"), share=0.8, bars=True),
            ),
        ),
    )


def taps_of(bands: Sequence[FlowBand]) -> frozenset[str]:
    """What the stages are drawn from."""
    stages = [stage.key for band in bands for stage in band.stages]
    return frozenset(shown_tap(stage) for stage in stages if not stage.endswith(CURVE))


def _block(spec: ModelSpec, block: int, *, is_open: bool) -> FlowBand:
    name = _tr("block {0}").format(block)
    tip = _tr("Close block {0} to one row") if is_open else _tr("Open block {0}: all its stages")
    stages = _open_stages(spec, block) if is_open else _closed_stages(spec, block)
    return FlowBand(block_key(block), name, tip.format(block), stages, can_open=True, is_open=is_open)


def _closed_stages(spec: ModelSpec, block: int) -> tuple[FlowStage, ...]:
    b, last = f"blocks.{block}.", spec.n_head - 1
    heads = f"{block}.0–{block}.{last}" if last else f"{block}.0"
    return (
        _heads(spec, b + "attn.pattern", _tr("attention {0}").format(heads), may_cut=True),
        _stage(b + "attn_out", _tr("written by attention")),
        _stage(b + "mlp.post", _tr("MLP neurons"), link=Link.JOIN, share=1.3),
        _stage(b + "resid_post", _tr("residual stream"), link=Link.JOIN),
    )


def _open_stages(spec: ModelSpec, block: int) -> tuple[FlowStage, ...]:
    b = f"blocks.{block}."
    return (
        _stage(b + "ln1.normalized", _tr("layer norm 1")),
        _heads(spec, b + "attn.q", _tr("queries")),
        _heads(spec, b + "attn.k", _tr("keys"), link=Link.NONE),
        _heads(spec, b + "attn.v", _tr("values"), link=Link.NONE),
        _heads(spec, b + "attn.attn_scores", _tr("scores"), starts_line=True),
        FlowStage(b + MASK, _tr("mask"), is_square=True),
        _heads(spec, b + "attn.pattern", _tr("softmax")),
        _heads(spec, b + "attn.z", _tr("outputs")),
        _stage(b + "attn_out", _tr("projection"), starts_line=True),
        _stage(b + "resid_mid", _tr("residual, between"), link=Link.JOIN),
        _stage(b + "ln2.normalized", _tr("layer norm 2")),
        _stage(b + "mlp.pre", _tr("MLP sums"), starts_line=True, share=1.3),
        FlowStage(b + CURVE, "GELU", is_square=True, sketch=_gelu_points()),
        _stage(b + "mlp.post", _tr("MLP neurons"), share=1.3),
        _stage(b + "mlp_out", _tr("MLP output")),
        _stage(b + "resid_post", _tr("residual, after"), link=Link.JOIN),
    )


def _stage(
    key: str, caption: str, *, link: Link = Link.ARROW, share: float = 1.0, starts_line: bool = False
) -> FlowStage:
    return FlowStage(key, caption, link=link, share=share, starts_line=starts_line)


def _heads(
    spec: ModelSpec,
    key: str,
    caption: str,
    *,
    link: Link = Link.ARROW,
    starts_line: bool = False,
    may_cut: bool = False,
) -> FlowStage:
    return FlowStage(
        key,
        caption,
        spec.n_head,
        is_square=True,
        link=link,
        starts_line=starts_line,
        may_cut=may_cut,
    )


def _gelu_points() -> tuple[tuple[float, float], ...]:
    """GELU in the unit square; the two ways of computing it look the same at this size."""
    points = []
    for place in range(_CURVE_POINTS):
        share = place / (_CURVE_POINTS - 1)
        x = (2.0 * share - 1.0) * _CURVE_ENDS
        y = 0.5 * x * (1.0 + math.erf(x / math.sqrt(2.0)))
        points.append((share, (y + 0.3) / (_CURVE_ENDS + 0.3)))
    return tuple(points)


def _tr(text: str) -> str:
    return QCoreApplication.translate("Transformer", text)
