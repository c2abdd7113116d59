"""The pages that show a prompt over the steps of a run: asks for the keyframes' readings, and for newer ones."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject

from weightdeck.run.frame import Frame, Phase, Status
from weightdeck.run.inside import OverSteps
from weightdeck.run.queries import Answer, ReadOverSteps
from weightdeck.run.session import Session
from weightdeck_desktop.controller.questions import Questions
from weightdeck_desktop.panels.inspector import InspectorPanel
from weightdeck_desktop.panels.lens import LensPanel
from weightdeck_desktop.window import Window

RENEW_S = 15.0  # while it trains; when it rests the newest step is read at once
ANY_TAP = "blocks.0.resid_pre"  # for the lens, which reads none: one that every model has


class Histories(QObject):
    """Owns what is asked for the inspector's and the lens's page over steps. Lives on the GUI thread."""

    def __init__(self, session: Session, window: Window, inspector: InspectorPanel, lens: LensPanel) -> None:
        super().__init__(window)
        self._window = window
        self._inspector = inspector
        self._lens = lens
        self._questions: Questions[str] = Questions(session)  # by the panel's key
        self._prompt = ""
        self._step = 0  # of the newest frame
        self._tap = ""  # that was asked for last
        self._asked: dict[
            str, tuple[int, float]
        ] = {}  # by the panel's key: step and time of the last question
        inspector.history_requested.connect(lambda _tap: self._ask_inspector())
        lens.history_requested.connect(self._ask_lens)

    def begin(self) -> None:
        """A new run."""
        self._questions.forget()
        self._asked.clear()
        self._step = 0

    def set_prompt(self, prompt: str) -> None:
        """Another prompt is read. The lens's question waits until its prediction is there."""
        if prompt != self._prompt:
            self._prompt = prompt
            self._asked.clear()
            self._inspector.show_problem("")  # it was of the last prompt
            if self._inspector.is_over_steps:
                self._ask_inspector()

    def read(self, frame: Frame) -> None:
        """Another moment is shown."""
        self._step = frame.step

    def follow(self, status: Status) -> None:
        """Bring pages that can be seen up to the moment that is shown, now and then."""
        visible = self._window.visible_panels()
        is_training = status.phase is Phase.TRAINING
        is_inspected = self._inspector.key in visible and self._inspector.is_over_steps
        is_other_tap = self._inspector.tap != self._tap  # chosen in another panel
        if is_inspected and (is_other_tap or self._is_old(self._inspector.key, is_training=is_training)):
            self._ask_inspector()
        if self._lens.key not in visible or not self._lens.is_over_steps:
            return
        missing = self._lens.missing_history
        if missing is not None and not self._questions.waits_for(self._lens.key):
            self._ask_lens(*missing)
        elif missing is None and self._is_old(self._lens.key, is_training=is_training):
            position, token = self._lens.position, self._lens.token
            if position is not None and token is not None:
                self._ask_lens(position, token)

    def answer(self, answer: Answer) -> bool:
        """Take an answer, if it is one that was asked for here; whether it was."""
        key = self._questions.take(answer)
        if key is None:
            return False
        panel = self._lens if key == self._lens.key else self._inspector
        if isinstance(answer.value, OverSteps):
            panel.show_over_steps(answer.value)
        else:
            panel.show_problem(answer.problem)
        return True

    def _is_old(self, key: str, *, is_training: bool) -> bool:
        """Whether what a page shows ends before the newest step, and it is time to ask again."""
        step, asked_s = self._asked.get(key, (-1, 0.0))
        if step == self._step or self._questions.waits_for(key):
            return False
        return not is_training or time.monotonic() - asked_s >= RENEW_S

    def _ask_inspector(self) -> None:
        self._tap = self._inspector.tap
        if self._tap:
            # Position and token are the lens's; the first of both are there for every prompt.
            self._ask(self._inspector.key, ReadOverSteps(self._prompt, self._tap, 0, 0))

    def _ask_lens(self, position: int, token: int) -> None:
        self._ask(self._lens.key, ReadOverSteps(self._prompt, ANY_TAP, position, token))

    def _ask(self, key: str, query: ReadOverSteps) -> None:
        self._asked[key] = (self._step, time.monotonic())
        self._questions.ask(key, query)
