"""What the tests of wrong numbers share: what a check says of a reading or a prediction, and an eye for red."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from tests.desktop.tap_readings import VOCABULARY
from weightdeck.run.audit import Mismatch
from weightdeck.run.frame import Prediction, Prompt
from weightdeck.run.inside import TapReading
from weightdeck_desktop.theme import dark_theme, light_theme

STEP = 40  # of the readings
POST = "blocks.1.mlp.post"
THEMES = pytest.mark.parametrize("theme", [dark_theme(), light_theme()], ids=["dark", "light"])


def wrong(of: TapReading, tap: str, *index: int, expected: float = 0.1234, step: int = STEP) -> Mismatch:
    """What the check says of a number that is shown."""
    return Mismatch(
        step, str(getattr(of.where, "text", "")), tap, index, float(of.values[tap][index]), expected
    )


def colours(widget: QWidget, rect: QRect) -> set[str]:
    image = widget.grab(rect).toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def is_red(widget: QWidget, rect: QRect, error: QColor) -> bool:
    return error.name() in colours(widget, rect)


def prediction(text: str = "ab", share: float = 0.6, before: bool = False) -> Prediction:
    probs = np.full(len(VOCABULARY), 0.1, dtype=np.float32)
    probs[3] = share
    ids = (0, *(VOCABULARY.index(letter) for letter in text))
    prompt = Prompt(text, ids, tuple(VOCABULARY[place] for place in ids), 0, "")
    return Prediction(prompt, probs, np.full(len(VOCABULARY), 0.2, dtype=np.float32) if before else None)


SHOWN = float(np.float32(0.6))
C_IS_WRONG = Mismatch(STEP, "ab", "probs", (2, 3), SHOWN, 0.51234)
