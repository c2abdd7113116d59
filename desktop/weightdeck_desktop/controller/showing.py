"""Which panel is shown what of the news, and in which order."""

from __future__ import annotations

from dataclasses import dataclass

from weightdeck.run.frame import Baseline, Delivery, Part
from weightdeck_desktop.controller.all_panels import NEWS, AllPanels
from weightdeck_desktop.controller.inside import InsideDesk
from weightdeck_desktop.controller.knobs import KnobDesk
from weightdeck_desktop.controller.refresher import Show
from weightdeck_desktop.controller.run_state import RunState
from weightdeck_desktop.controller.strips import StripDesk

RECORDED = frozenset({"loss", "edits"})  # panels that show what was recorded, and nothing else
PARTLY_RECORDED = frozenset({"weights", "activations"})
# What changes by the user's hand, or by an answer, only.
SELDOM = frozenset({"edits", "cost"})
OF_NO_STEP = frozenset({"cost"})
URGENT = frozenset({"predictions", "knobs", "in_hand", "strips"})  # what shows the work of the hand


@dataclass(frozen=True)
class Desks:
    """The controllers that show panels of their own."""

    knobs: KnobDesk
    strips: StripDesk
    inside: InsideDesk


class Showing:
    """Makes rounds of showings for the refresher. Lives on the GUI thread.

    A panel that cannot be seen is not shown anything; what it has missed it is shown when it comes back.
    """

    def __init__(self, state: RunState, panels: AllPanels, desks: Desks) -> None:
        self.complete_refreshes = 0  # rounds in which every visible panel was shown something new
        self.shown_command = 0  # the newest command whose predictions have been shown
        self._state = state
        self._panels = panels
        self._desks = desks
        self._stale: set[str] = set()
        self._shows: dict[str, Show] = {
            "predictions": self._show_predictions,
            "knobs": lambda: desks.knobs.show_knobs(state.status),
            "in_hand": self._show_in_hand,
            "strips": self._show_strips,
            "response": desks.knobs.show_response,
            "edits": lambda: panels.edits.show_entries(state.log.lines),
            "browse": self._show_browse,
            "loss": self._show_loss,
            "weights": self._show_weights,
            "activations": self._show_activations,
            **desks.inside.shows(),
        }

    def missed(self, *keys: str) -> None:
        """These panels are to be shown again, though no news may have come; all of them when none is named."""
        self._stale |= set(keys or self._shows)

    def round(self, delivery: Delivery, brought: set[Part], visible: set[str]) -> dict[str, Show]:
        """What each visible panel is to be shown of a delivery, most wanted first."""
        new = {key for key, parts in NEWS.items() if parts & brought}
        if delivery.metrics is not None:
            new.add("loss")
        if delivery.records:
            new |= {"loss", "weights", "activations"}
        if delivery.frame is not None and delivery.frame.reaches:
            new |= {"knobs", "in_hand"}
        if delivery.journal:
            new |= {"edits", "strips", "in_hand"}
        if delivery.status.steps_per_s is not None:
            new.add("cost")
        ever_new = visible & self._shows.keys() - SELDOM
        self.complete_refreshes += bool(ever_new) and ever_new <= new
        self._stale |= new
        shown = {
            key: self._marked(key, show) for key, show in self._shows.items() if key in visible & self._stale
        }
        self._stale -= shown.keys()
        return shown

    def _marked(self, key: str, show: Show) -> Show:
        """A showing that also says whether the panel shows the past, and which step of it."""

        def show_marked() -> None:
            show()
            if key not in OF_NO_STEP:
                getattr(self._panels, key).set_past(self._past_step(key))

        return show_marked

    def _past_step(self, key: str) -> int | None:
        """The step of the past that a panel shows: what was recorded at once, all else when its frame has come."""
        frame, until = self._state.frame, self._state.until
        step = frame.step if frame is not None and frame.is_past else None
        is_record_nearer = key in PARTLY_RECORDED and until is not None and (step is None or step > until)
        return until if key in RECORDED or is_record_nearer else step

    def _show_loss(self) -> None:
        self._panels.loss.show_history(self._state.history)
        self._panels.loss.show_past(self._state.until)

    def _show_predictions(self) -> None:
        panel, news = self._panels.predictions, self._state.news
        predictions = news.take(Part.PREDICTIONS)
        # One that was on its way when the user chose another baseline is passed over.
        if predictions is not None and predictions[1].baseline is panel.baseline:
            found, frame = predictions
            panel.show_predictions(found, frame.step, frame.baseline_step)
            self.shown_command = frame.last_command
            if not any(prediction.prompt.text == panel.prompts[0] for prediction in found):
                self._panels.browse.show_sensitivity(None, frame.step)  # there is no prompt to measure
        samples = news.take(Part.SAMPLES)
        if samples is not None:
            found, frame = samples
            panel.show_samples(found, frame.step)
        panel.show_cost(self._state.cost)
        record = self._state.record
        if record is not None:
            panel.show_exact(record.exact, record.step)

    def _show_in_hand(self) -> None:
        """The cost is told beside a knob only where it is that knob's: of its turn, or since a moment of the past."""
        is_last = self._panels.predictions.baseline is Baseline.LAST
        in_hand = self._desks.knobs.in_hand
        is_its = not is_last or (in_hand is not None and in_hand.target == self._state.log.last_turned)
        self._desks.knobs.show_in_hand(self._state.cost if is_its else None, of_last=is_last)

    def _show_strips(self) -> None:
        levels = self._state.news.take(Part.STRIPS)
        if levels is None:
            self._desks.strips.show(None, self._state.status.step)
        else:
            found, frame = levels
            self._desks.strips.show(found, frame.step)

    def _show_browse(self) -> None:
        panel, news = self._panels.browse, self._state.news
        tensor = news.take(Part.TENSOR)
        if tensor is not None:
            found, frame = tensor
            panel.show_tensor(found, frame.step)
        sensitivity = news.take(Part.SENSITIVITY)
        if sensitivity is not None:
            found, frame = sensitivity
            panel.show_sensitivity(found, frame.step)

    def _show_weights(self) -> None:
        self._panels.weights.show_history(self._state.history, self._state.until)
        now = self._state.news.take(Part.HISTOGRAMS)
        if now is not None:
            found, frame = now
            self._panels.weights.show_now(found, frame.step)

    def _show_activations(self) -> None:
        self._panels.activations.show_history(self._state.history, self._state.until)
        now = self._state.news.take(Part.ACTIVATIONS)
        if now is not None:
            found, frame = now
            self._panels.activations.show_activations(found, frame.step)
