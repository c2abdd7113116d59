"""The neuron in hand: what it does on the prompt, what it did over the data, and where it was strongest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from weightdeck.run.inside import Floats
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.neuron_bars import NeuronBars
from weightdeck_desktop.widgets.neuron_texts import MarkedText, NeuronTexts
from weightdeck_desktop.widgets.text_line import TextLine


class NeuronDetail(QWidget):
    """Told what to show; asks with signals that only a user's act emits."""

    token_chosen = Signal(int)
    token_opened = Signal(int)  # explain the neuron at this token
    explain_pressed = Signal()  # at the token in hand
    write_pressed = Signal()
    menu_pressed = Signal(QPoint)  # where on the screen

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = TextLine(Type.BODY, secondary=False)
        self._title.setObjectName("neurons_neuron")
        self._facts = TextLine()
        self._facts.setObjectName("neurons_facts")
        self._facts.set_lines(2)
        self._explain = _link(
            "neurons_explain",
            self.tr("Explain"),
            self.tr("Where its number at this token comes from: the formula with its real operands"),
        )
        self._write = _link(
            "neurons_write",
            self.tr("Write it out"),
            self.tr(
                "The neuron's whole small expression: inputs, weights, sum and nonlinearity, to be changed"
            ),
        )
        self._more = _link(
            "neurons_menu",
            self.tr("More …"),
            self.tr("Mute it, hold it at a value, make a knob of what it reads or writes"),
        )
        self._bars = NeuronBars("neurons_firing")
        self._bars.setAccessibleName(
            self.tr("Firing at every token of the prompt: arrow keys walk, Enter explains one")
        )
        self._texts = NeuronTexts("neurons_contexts")
        self._texts.setAccessibleName(self.tr("Where in the validation data it was strongest"))
        self._captions = (TextLine(), TextLine())
        self._captions[0].setObjectName("neurons_firing_words")
        self._captions[1].setObjectName("neurons_contexts_words")
        self._sides = self._lay_out()
        self._bars.chosen.connect(self.token_chosen)
        self._bars.opened.connect(self.token_opened)
        self._explain.clicked.connect(self.explain_pressed)
        self._write.clicked.connect(self.write_pressed)
        self._more.clicked.connect(self._on_more_clicked)

    def set_theme(self, theme: Theme) -> None:
        for part in (self._title, self._facts, self._bars, self._texts, *self._captions):
            part.set_theme(theme)
        for button in (self._explain, self._write, self._more):
            button.set_theme(theme, 20)
        self._sides.setSpacing(theme.px(10))

    def set_stacked(self, stacked: bool) -> None:
        """The texts below the bars, or beside them."""
        way = QBoxLayout.Direction
        self._sides.setDirection(way.TopToBottom if stacked else way.LeftToRight)
        self._facts.set_lines(2 if stacked else 1)

    def show_words(self, title: str, facts: str) -> None:
        """The neuron's name with its state, and the study in words."""
        self._title.set_text(title)
        self._facts.set_text(facts)

    def show_firing(
        self,
        values: Floats | None,
        tokens: Sequence[str],
        *,
        choice: int,
        explained: int | None,
        words: str,
        message: str,
    ) -> None:
        """Its numbers on the prompt under `words`, or `message`, why there are none."""
        self._captions[0].set_text(words)
        self._bars.set_message(message)
        self._bars.set_values(values, tokens, choice=choice, marked=explained)
        for button in (self._explain, self._write, self._more):
            button.setEnabled(values is not None)

    def forget_scale(self) -> None:
        """Another neuron is in hand: its bars are fitted freely."""
        self._bars.forget_scale()

    def show_texts(self, rows: Sequence[MarkedText], step: int | None, message: str) -> None:
        """Its strongest contexts at a step, or why there are none."""
        at = "" if step is None else self.tr(" · step {0:,}").format(step)
        self._captions[1].set_text(self.tr("strongest in the data") + at)
        self._texts.set_rows(rows, message)

    def _lay_out(self) -> QBoxLayout:
        head = QHBoxLayout()
        head.setSpacing(10)
        head.addWidget(self._title, 1)
        for button in (self._explain, self._write, self._more):
            head.addWidget(button)
        sides = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        for caption, part in zip(self._captions, (self._bars, self._texts), strict=True):
            side = QVBoxLayout()
            side.setSpacing(2)
            side.addWidget(caption)
            side.addWidget(part, 1)
            sides.addLayout(side, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self._facts)
        column.addLayout(sides, 1)
        return sides

    def _on_more_clicked(self) -> None:
        self.menu_pressed.emit(self._more.mapToGlobal(self._more.rect().bottomLeft()))


def _link(name: str, words: str, tip: str) -> BarButton:
    button = BarButton(name, Look.LINK)
    button.set_content(words, "", tip)
    return button
