"""The demonstration that the model has no memory: the same input again, bit for bit, and without one of its tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from weightdeck.run.inside import SameAgain
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.panels.memory_tokens import TokenChips
from weightdeck_desktop.panels.memory_verdict import Verdict, VerdictLine
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.prediction_rows import TINIEST
from weightdeck_desktop.panels.token_words import given_tokens, next_tokens
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.bars import Bar, Bars
from weightdeck_desktop.widgets.plain_number import plain_number
from weightdeck_desktop.widgets.text_line import TextLine

_BESIDE_FROM = 560  # px at 100 %: wide enough for the bars beside the rest


class MemoryPanel(Panel):
    """Told what came of running the prompt twice. An answer to another prompt than the present one is dropped."""

    again_requested = Signal(object)  # int: position of the token to leave out; None for none

    key = "memory"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("No memory")
        self._vocabulary: tuple[str, ...] = ()
        self._text = ""
        self._tokens: tuple[str, ...] = ()
        self._again: SameAgain | None = None
        self._counts: dict[tuple[str, int], int] = {}  # runs of this session by prompt and step
        self._problem = ""
        self._is_running = False
        self._run = BarButton("memory_again")
        self._run.set_content(
            self.tr("Run again"),
            "reset",
            self.tr(
                "Run the prompt twice from nothing and compare every number of every stage, bit for bit. "
                "Changes nothing."
            ),
        )
        self._count = TextLine()
        self._count.setObjectName("memory_count")
        self._verdict = VerdictLine()
        self._why = TextLine()
        self._why.set_text(
            self.tr(
                "A transformer keeps no state between runs: all that it knows of the text is the text in front of it."
            )
        )
        self._why.set_lines(2)
        self._ask = TextLine()
        self._ask.set_text(self.tr("Leave a token out, and see what changes:"))
        self._chips = TokenChips(self._run)
        self._caption = TextLine()
        self._caption.setObjectName("memory_caption")
        self._caption.set_lines(2)
        self._bars = Bars()
        self._bars.setObjectName("memory_bars")
        self._bars.setAccessibleName(self.tr("Probability of the next token, without and with the token"))
        self._bars.set_ghost_name(self.tr("with the whole prompt"))
        self._sides = self._build()
        self._run.clicked.connect(lambda: self._request(self.dropped))
        self._chips.pressed.connect(self._on_chip_pressed)
        self._show()

    # What it is told

    def set_vocabulary(self, vocabulary: tuple[str, ...]) -> None:
        """What the tokens that may come next are called."""
        self._vocabulary = next_tokens(vocabulary)
        self._show()

    def set_tokens(self, text: str, tokens: Sequence[str]) -> None:
        """The prompt, and what the model sees of it; what came of another prompt is put away."""
        if (text, tuple(tokens)) == (self._text, self._tokens):
            return
        self._text, self._tokens = text, tuple(tokens)
        self._again, self._problem, self._is_running = None, "", False
        self._show()

    def show_again(self, again: SameAgain) -> None:
        """What came of it; counted for the prompt and the step whose weights ran."""
        moment = (again.text, again.step)
        self._counts[moment] = self._counts.get(moment, 0) + 1
        if again.text == self._text:
            self._again, self._problem, self._is_running = again, "", False
            self._show()

    def show_problem(self, sentence: str) -> None:
        """Why it could not be run."""
        self._problem, self._is_running = sentence, False
        self._show()

    def clear(self) -> None:
        self._text, self._tokens, self._again = "", (), None
        self._counts, self._problem, self._is_running = {}, "", False
        self._show()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        self._run.set_theme(theme, 26)
        for line in (self._count, self._verdict, self._why, self._ask, self._chips, self._caption):
            line.set_theme(theme)
        self._bars.set_theme(theme)
        self._bars.setMinimumHeight(theme.px(44))
        self._arrange()

    # What it says when asked

    @property
    def dropped(self) -> int | None:
        """Position of the token that is left out in what is shown; None for none."""
        return None if self._again is None else self._again.dropped

    def table(self) -> list[list[str]] | None:
        again = self._again
        if again is None:
            return None
        rows = [["token", f"probability after {again.text}, step {again.step}"]]
        if again.probs_without is not None:
            rows[0].append(f"probability without token {again.dropped}")
        for token, prob in enumerate(again.probs.tolist()):
            row = [self._name(token), f"{prob:.9g}"]
            if again.probs_without is not None:
                row.append(f"{again.probs_without[token]:.9g}")
            rows.append(row)
        return rows

    # Parts

    def _build(self) -> QBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._run)
        head.addWidget(self._count, 1)
        left = QVBoxLayout()
        left.setSpacing(5)
        left.addLayout(head)
        for part in (self._verdict, self._why, self._ask, self._chips):
            left.addWidget(part)
        left.addStretch(1)
        right = QVBoxLayout()
        right.setSpacing(4)
        right.addWidget(self._caption)
        right.addWidget(self._bars, 1)
        sides = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        sides.addLayout(left)
        sides.addLayout(right, 1)
        self.body.addLayout(sides, 1)
        return sides

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        is_wide = self._theme is not None and self.width() >= self._theme.px(_BESIDE_FROM)
        way = QBoxLayout.Direction
        self._sides.setDirection(way.LeftToRight if is_wide else way.TopToBottom)
        self._sides.setSpacing(20 if is_wide else 6)
        self._sides.setStretch(0, 1 if is_wide else 0)
        self._caption.set_lines(1 if is_wide and self.width() > 900 else 2)

    # From the answer to what is seen

    def _show(self) -> None:
        again = self._again
        self.set_aside(f"“{again.text[-14:]}”" if again else "", again.step if again else None)
        self._run.setEnabled(bool(self._tokens) and not self._is_running)
        self._chips.set_tokens(given_tokens(self._tokens))
        self._chips.set_dropped(self.dropped)
        self._verdict.set_verdict(*self._judged())
        runs = self._counts.get((again.text, again.step), 0) if again else 0
        words = (
            self.tr("run {0:,} times at step {1:,}, twice each")
            if runs > 1
            else self.tr("run twice at step {1:,}")
        )
        self._count.set_text(words.format(runs, again.step) if again else "")
        self._show_bars()

    def _judged(self) -> tuple[Verdict, str]:
        again = self._again
        if self._problem:
            return Verdict.WRONG, self._problem
        if self._is_running:
            return Verdict.WAITING, self.tr("running …")
        if again is None:
            return Verdict.WAITING, self.tr("not run yet") if self._tokens else self.tr("no prompt yet")
        if again.differing:
            words = self.tr("{0:,} of {1:,} numbers differ: this must not be")
            return Verdict.WRONG, words.format(again.differing, again.numbers)
        return Verdict.SAME, self.tr("all {0:,} numbers identical, bit for bit").format(again.numbers)

    def _show_bars(self) -> None:
        again = self._again
        if again is None:
            self._caption.set_text("")
            self._bars.set_message(
                self.tr("Press “Run again”, or leave a token out.")
                if self._tokens
                else self.tr("No prompt yet: type one where predictions are shown.")
            )
            return
        self._bars.set_label_room([self._name(token) for token in range(len(again.probs))])
        if again.probs_without is None or again.dropped is None:
            self._caption.set_text(self.tr("next token, after the whole prompt"))
            sizes = again.probs
        else:
            name = given_tokens(again.tokens)[again.dropped]
            words = self.tr("bars: without “{0}” · dashed: whole prompt").format(name)
            if again.divergence is not None:
                nats = plain_number(again.divergence, 3)
                words += self.tr(" · they differ by {0} nats (KL, whole to without)").format(nats)
            self._caption.set_text(words)
            sizes = np.maximum(again.probs, again.probs_without)
        order = np.argsort(-sizes, kind="stable").tolist()
        self._bars.set_rows([self._bar(again, token) for token in order])

    def _bar(self, again: SameAgain, token: int) -> Bar:
        whole = float(again.probs[token])
        if again.probs_without is None:
            return Bar(self._name(token), whole)
        without = float(again.probs_without[token])
        nats = float(np.log(max(without, TINIEST) / max(whole, TINIEST)))
        return Bar(self._name(token), without, whole, nats)

    def _name(self, token: int) -> str:
        return self._vocabulary[token] if token < len(self._vocabulary) else str(token)

    # What the user does

    def _on_chip_pressed(self, position: int) -> None:
        self._request(None if position == self.dropped else position)

    def _request(self, dropped: int | None) -> None:
        self._problem, self._is_running = "", True
        self._show()
        self.again_requested.emit(dropped)
