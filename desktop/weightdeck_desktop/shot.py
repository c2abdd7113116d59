"""A picture of the real window after some steps."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from weightdeck.run.document import Place
from weightdeck.run.presets import load_preset
from weightdeck_desktop.app import Parts
from weightdeck_desktop.offscreen import live, running_window, wait_until
from weightdeck_desktop.settings import Preferences

TRAINING_S = 3600.0
SETTLED_S = 2.5  # by then the samples, all reaches and the response curve have come


def make_shot(
    preset: str,
    steps: int,
    *,
    size: tuple[int, int],
    theme: Literal["light", "dark"],
    workspace: str,
    scale: float,
    out: Path,
    seed: int,
    panel: str = "",
    past: int | None = None,
) -> None:
    """Train `steps` steps in a window of `size` pixels, paused there, and write it to `out` as PNG; with `panel` in
    front if one is named, and showing step `past` if one is given.

    Raises ``OSError`` when the file cannot be written, ``RuntimeError`` when the engine fails.
    """
    preferences = Preferences(theme=theme, text_scale=scale, hints=False)
    with running_window(load_preset(preset).with_seed(seed), size, preferences, workspace) as parts:
        if panel:
            parts.window.show_panel(panel)
        if steps > 0:
            parts.session.play(until_step=steps)
            wait_until(parts, lambda: parts.deck.status.step >= steps, TRAINING_S)
        wait_until(parts, lambda: parts.deck.frame is not None and parts.deck.frame.step == steps, TRAINING_S)
        if past is not None:
            parts.session.seek(Place(0, past))
            wait_until(parts, lambda: _shows_exactly(parts, past), TRAINING_S)
        live(SETTLED_S)
        if not parts.window.grab().save(str(out), "PNG"):
            raise OSError(f"{out} could not be written.")


def _shows_exactly(parts: Parts, step: int) -> bool:
    past, frame = parts.deck.status.past, parts.deck.frame
    return past is not None and past.is_exact and frame is not None and frame.step == step
