"""The whole deck between a fake session and fake panels, with a clock that stands until it is moved."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from tests.desktop.fakes import FakeSession, FakeWindow, fake_panels, run_info, small_spec
from weightdeck.run.frame import Interest, Phase, Status
from weightdeck_desktop.controller import deck as module
from weightdeck_desktop.controller.deck import Deck
from weightdeck_desktop.settings import Settings

WATCH = {"predictions", "loss", "weights", "activations", "knobs"}
_SHOWS = {
    "predictions": ("show_predictions", "show_samples"),
    "loss": ("show_history",),
    "weights": ("show_history", "show_now"),
    "activations": ("show_history", "show_activations"),
    "knobs": ("show_weights",),
    "strips": ("show_mix", "show_levels"),
    "browse": ("show_tensor", "show_sensitivity"),
    "in_hand": ("show_knob",),
    "response": ("show_place",),
    "edits": ("show_entries",),
    "compare": (),  # which asks for itself
    "notes": (),
    "transformer": ("show_taps",),
    "inspector": ("show_taps",),
    "attention": ("show_taps", "show_heads"),
    "lens": ("show_lens",),
    "contributions": ("show_contributions",),
    "neurons": ("show_taps",),
    "embeddings": ("show_embeddings",),
    "batch": ("show_batch",),
    "memory": ("show_again",),
    "cost": ("show_speed",),
    "explain": ("show_explanation",),
    "expression": ("show_expression",),
}


class DeckBench:
    """A deck whose window shows the panels of `on_screen`."""

    def __init__(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 100.0
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.settings = settings
        self.session = FakeSession()
        self.window = FakeWindow()
        self.window.on_screen = set(WATCH)
        self.panels = fake_panels()
        self.deck = Deck(self.session, self.window, self.panels, settings, starts_itself=False)

    def begin(self, number: int = 1, preset: str = "names") -> None:
        """A run begins; what is shown of it is forgotten."""
        self.session.status = Status(Phase.PAUSED, run=number)
        self.session.deliver(run=run_info(number, small_spec(preset)))
        self.pull()
        for panel in self.panels:
            panel.reset_mock()

    def pull(self) -> None:
        """One round: take what was delivered and show it."""
        for show in self.deck._pull().values():
            show()

    def shown(self, **news: Any) -> set[str]:
        """Deliver `news`; which panels were shown something."""
        for panel in self.panels:
            panel.reset_mock()
        self.session.deliver(**news)
        self.pull()
        return {
            panel.key
            for panel in self.panels
            if any(getattr(panel, name).called for name in _SHOWS[panel.key])
        }

    def see(self, *on_screen: str) -> None:
        """The user brings up these panels."""
        self.window.on_screen = set(on_screen)
        self.window.visibility_changed.emit()

    @property
    def interest(self) -> Interest:
        """What the session was told last."""
        return self.session.interests[-1]
