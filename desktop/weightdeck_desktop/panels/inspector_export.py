"""Taps as files: rows for a CSV, and arrays that NumPy opens."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QWidget

from weightdeck.run.subjects import InBatch, InPrompt
from weightdeck_desktop.export import write_file
from weightdeck_desktop.panels.inspector_words import is_square, unit_words
from weightdeck_desktop.panels.tap_source import ShownTaps
from weightdeck_desktop.panels.token_words import given_tokens


def tap_table(shown: ShownTaps, tap: str) -> list[list[str]]:
    """A row for every number of a tap, all heads of it, under a row of headings."""
    values = shown.values[tap]
    heads = values if values.ndim == 3 else values[np.newaxis]
    column = "key" if is_square(tap) else "feature"
    source, prompt = shown.source.value, prompt_text(shown)
    names = given_tokens(shown.tokens)
    unit = unit_words(tap, shown.source)
    rows = [["source", "prompt", "tap", "step", "head", "token", "name", column, f"value ({unit})"]]
    for (head, token, feature), value in np.ndenumerate(heads):
        name = str(head) if values.ndim == 3 else ""
        rows.append(
            [
                *(source, prompt, tap, str(shown.step), name),
                *(str(token), names[token], str(feature), f"{value:.9g}"),
            ]
        )
    return rows


def prompt_text(shown: ShownTaps) -> str:
    """The text of the pass, or which sequence of the batch it is; "" for a difference, which is of two."""
    match shown.where:
        case InPrompt(text):
            return text
        case InBatch(row):
            return f"sequence {row}"
    return ""


def write_npz(path: Path, shown: ShownTaps, tap: str) -> None:
    """Write a whole tap, all heads, under its name, with `tokens`, `ids`, `step`, `source` and `prompt`; or nothing.

    Shapes as in ``weightdeck.run.layout.tap_shapes``; no array needs pickle. Raises ``ValueError`` with a sentence.
    """
    arrays: dict[str, Any] = {
        tap: shown.values[tap],
        "tokens": np.array(shown.tokens),
        "ids": np.array(shown.ids, dtype=np.int64),
        "step": np.array(shown.step),
        "source": np.array(shown.source.value),
        "prompt": np.array(prompt_text(shown)),
    }
    data = io.BytesIO()
    np.savez_compressed(data, **arrays)
    write_file(path, data.getvalue())


def save_npz(owner: QWidget, shown: ShownTaps, tap: str) -> str:
    """Ask where, and write; returns the file's name, "" when the user would rather not.

    Raises ``ValueError`` with a sentence when it cannot be written.
    """
    title = QCoreApplication.translate("Inspector", "Save {0}").format(tap)
    kind = QCoreApplication.translate("Inspector", "NumPy (*.npz)")
    name, _ = QFileDialog.getSaveFileName(owner, title, f"weightdeck-{tap}.npz", kind)
    if not name:
        return ""
    path = Path(name) if Path(name).suffix else Path(f"{name}.npz")
    write_npz(path, shown, tap)
    return str(path)
