"""Which parameters make one number of a tap: what a knob can be made of. No widgets."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from weightdeck.run.layout import EMBEDDING, FINAL_NORM, POSITIONS, layout
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck.run.strips import CLAMPABLE_IN_BLOCK, CLAMPABLE_OUTSIDE, Neuron
from weightdeck_desktop.panels.inspector_stage import Stage
from weightdeck_desktop.panels.inspector_words import tap_block, tap_stage

_ROLES = {"attn.q": 0, "attn.k": 1, "attn.v": 2}  # thirds of c_attn's rows (run/layout.py)


def clampable(tap: str, feature: int) -> Neuron | None:
    """The activation that can be held at a value; None where a tap has none."""
    is_clampable = tap in CLAMPABLE_OUTSIDE or (
        tap_block(tap) is not None and tap_stage(tap) in CLAMPABLE_IN_BLOCK
    )
    return Neuron(tap, feature) if is_clampable else None


def made_by(model: ModelSpec, stage: Stage, row: int, column: int) -> tuple[str, ParameterSlice] | None:
    """The slice that a cell is computed with, and words for its menu; None for sums such as the residual stream.

    MLP neurons have a menu of their own (activation_menu.py).
    """
    tap, h = tap_stage(stage.tap), f"transformer.h.{tap_block(stage.tap)}."
    if tap == "embed":
        return _tr("Vector of this token"), ParameterSlice(EMBEDDING, (stage.ids[row],))
    if tap == "pos_embed":
        return _tr("Vector of position {0}").format(row), ParameterSlice(POSITIONS, (row,))
    gains = {
        "ln1.normalized": f"{h}ln_1.weight",
        "ln2.normalized": f"{h}ln_2.weight",
        "ln_final.normalized": FINAL_NORM,
    }
    if tap in gains:
        return _tr("Gain of feature {0}").format(column), ParameterSlice(gains[tap], (column,))
    matrices = {
        "attn.q": f"{h}attn.c_attn.weight",
        "attn.k": f"{h}attn.c_attn.weight",
        "attn.v": f"{h}attn.c_attn.weight",
        "attn_out": f"{h}attn.c_proj.weight",
        "mlp.pre": f"{h}mlp.c_fc.weight",
        "mlp_out": f"{h}mlp.c_proj.weight",
        "logits": layout(model).head_name,
        "probs": layout(model).head_name,
    }
    if tap not in matrices:
        return None
    first = 0
    if stage.head is not None:
        first = _ROLES[tap] * model.n_embd + stage.head * model.head_size
    return (
        _tr("What makes it: row {0}").format(first + column),
        ParameterSlice(matrices[tap], (first + column,)),
    )


def _tr(text: str) -> str:
    return QCoreApplication.translate("Inspector", text)
