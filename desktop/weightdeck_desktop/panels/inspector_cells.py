"""What is said of a stage's cells: what its columns count, its size, one cell. No widgets."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from weightdeck_desktop.panels.inspector_stage import Stage
from weightdeck_desktop.panels.inspector_words import is_square, value_words
from weightdeck_desktop.panels.mismatches import reference_words

_OVER_VOCABULARY = ("logits", "probs")


def columns_of(stage: Stage | None, vocabulary: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """What the columns count, and their names; () for numbers."""
    if stage is None:
        return "", ()
    if is_square(stage.tap):
        return _tr("looked at"), stage.tokens
    if stage.tap in _OVER_VOCABULARY:
        return _tr("next token"), vocabulary if len(vocabulary) == stage.values.shape[1] else ()
    return _tr("feature"), ()


def size_words(stage: Stage, *, has_cells: bool) -> str:
    """What is seen, and what can be done where single cells are seen."""
    if is_square(stage.tap):
        return _tr("rows: the token that looks · columns: at which")
    rows, columns = stage.values.shape
    counted = _tr("next tokens") if stage.tap in _OVER_VOCABULARY else _tr("features")
    words = _tr("{0:,} tokens × {1:,} {2}").format(rows, columns, counted)
    is_inviting = has_cells and stage.explainable
    return words + _tr(" · click a number to have it explained") if is_inviting else words


def cell_words(stage: Stage, row: int, column: int, vocabulary: tuple[str, ...]) -> str:
    """Where a cell is, and its value; and the reference's, where it is another."""
    value = value_words(float(stage.values[row, column]), signed=stage.signed)
    if stage.is_masked(row, column):
        value = _tr("{0}, masked: it comes later").format(value)
    if (row, column) in stage.wrong:
        value = f"{value} · {reference_words(stage.wrong[row, column])}"
    if is_square(stage.tap):
        return _tr("{0} looks at {1} · {2}").format(stage.tokens[row], stage.tokens[column], value)
    word, names = columns_of(stage, vocabulary)
    return f"{stage.tokens[row]} · {word} {names[column] if names else column} · {value}"


def _tr(text: str) -> str:
    return QCoreApplication.translate("Inspector", text)
