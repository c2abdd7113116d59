"""How much of its headless speed training keeps beside the visible window, and how often that is complete."""

from __future__ import annotations

import json
import statistics
import sys
import time

from weightdeck.run.presets import load_preset
from weightdeck_desktop.app import Parts
from weightdeck_desktop.offscreen import live, running_window
from weightdeck_desktop.settings import Preferences

ALTERNATIONS = 7
STRETCH_S = 3.0
WARM_UP_S = 4.0
SETTLING_S = 0.5  # after showing or hiding the window
SIZE = (1440, 900)


def run_bench(as_json: bool) -> int:
    """Steps/s with the Watch workspace visible over headless steps/s, in turn, on the same run.

    Headless: the window is hidden, so that nothing is probed or painted, and its thread sleeps.
    """
    spec = load_preset("names")
    ratios: list[float] = []
    refreshes: list[float] = []
    with running_window(spec, SIZE, Preferences(theme="dark", hints=False)) as parts:
        parts.session.play(until_step=10**9)
        _visible(parts, WARM_UP_S)
        for _ in range(ALTERNATIONS):
            headless = _headless(parts, STRETCH_S)
            shown, rounds = _visible(parts, STRETCH_S)
            ratios.append(shown / headless)
            refreshes.append(rounds)
    result = {
        "bench": "live",
        "ratio": round(statistics.median(ratios), 3),
        "spread": round(max(ratios) - min(ratios), 3),
        "fps": round(statistics.median(refreshes), 2),
        "threads": spec.threads,
        "ratios": [round(ratio, 3) for ratio in ratios],
    }
    sys.stdout.write(f"{json.dumps(result) if as_json else _words(result)}\n")
    return 0


def _visible(parts: Parts, seconds: float) -> tuple[float, float]:
    """Steps/s and complete refreshes of every visible panel a second."""
    parts.window.show()
    live(SETTLING_S)
    refreshes, step, begun_s = parts.deck.complete_refreshes, _step(parts), time.monotonic()
    live(seconds)
    taken_s = time.monotonic() - begun_s
    return (_step(parts) - step) / taken_s, (parts.deck.complete_refreshes - refreshes) / taken_s


def _headless(parts: Parts, seconds: float) -> float:
    """Steps/s while there is nothing to see and this thread sleeps."""
    parts.window.hide()
    live(SETTLING_S)
    step, begun_s = _step(parts), time.monotonic()
    time.sleep(seconds)
    return (_step(parts) - step) / (time.monotonic() - begun_s)


def _step(parts: Parts) -> int:
    return parts.session.status.step


def _words(result: dict[str, object]) -> str:
    return (
        f"Beside the visible window training keeps {result['ratio']} of its headless speed "
        f"(spread {result['spread']}), at {result['fps']} complete refreshes a second, {result['threads']} thread."
    )
