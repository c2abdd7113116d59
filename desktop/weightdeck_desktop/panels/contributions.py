"""Direct contributions: how much every part of the model adds to one logit, summing exactly to it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from weightdeck.run.inside import Contributions
from weightdeck.run.strips import Mix
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.contributions_controls import ContributionControls
from weightdeck_desktop.panels.contributions_menu import PartMenu
from weightdeck_desktop.panels.contributions_words import (
    bars_of,
    csv_rows,
    logit_words,
    part_strip,
    part_tap,
    subject_words,
    sum_of,
    sum_words,
)
from weightdeck_desktop.panels.lens_words import prompt_names, prompt_words, token_names
from weightdeck_desktop.panels.open_choice import known_place
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.contribution_bars import ContributionBars
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.snapped_limit import FINE, SnappedLimit
from weightdeck_desktop.widgets.text_line import TextLine

_WIDE = 410  # px at 100 %: with so much room the lines below the bars need no second one


class ContributionsPanel(Panel):
    """Told with `show_contributions`. Its three choices are wishes: what is shown says itself whose logit it is."""

    choice_changed = Signal()  # read `position`, `token` and `against`
    tap_chosen = Signal(str)  # in which another part is seen
    head_chosen = Signal(int, int)  # block and head: the part is one
    mute_requested = Signal(object, bool)  # Strip; mute it, or open it again
    cell_chosen = Signal(object)  # Subject: the logit

    key = "contributions"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Contributions")
        self._found: Contributions | None = None
        self._step = 0
        self._names: tuple[str, ...] = ()
        self._mix = Mix()
        self._position: int | None = None
        self._token: int | None = None
        self._against: int | None = None
        self._limit = SnappedLimit(smallest=0.01, steps=FINE)
        self._controls = ContributionControls()
        self._subject = TextLine(Type.BODY, secondary=False)
        self._explain = BarButton("contributions_explain", Look.LINK)
        self._bars = ContributionBars("contributions_bars")
        self._bars.rows.setAccessibleDescription(
            self.tr("What every part adds to the logit. Arrow keys walk, Enter looks at the part")
        )
        self._sum = TextLine(secondary=False)
        self._note = TextLine()
        self._build()
        self._show()

    # What it is told

    def set_vocabulary(self, vocabulary: tuple[str, ...]) -> None:
        """What each token is called; without it they are numbered."""
        names = token_names(vocabulary)
        is_other = bool(self._names) and names != self._names  # its numbers mean other tokens
        self._names = names
        self._controls.set_vocabulary(names)
        self._token = None if is_other else known_place(self._token, len(names))
        self._against = None if is_other else known_place(self._against, len(names))
        self._show_choices()
        self._show()

    def show_contributions(self, contributions: Contributions, step: int) -> None:
        """The newest parts and the step of their weights."""
        before = self._found
        if before is None or _wording(before) != _wording(contributions):
            self._limit.reset()
        self._found, self._step = contributions, step
        self._controls.set_prompt(prompt_names(contributions.tokens))
        self._position = known_place(self._position, len(contributions.tokens))
        self._show_choices()
        self._show()

    def show_mix(self, mix: Mix) -> None:
        """The strips as they stand: muted parts are struck."""
        if mix != self._mix:
            self._mix = mix
            self._show_bars()

    def clear(self) -> None:
        self._found, self._step = None, 0
        self._limit.reset()
        self._show()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._controls, self._subject, self._bars, self._sum, self._note):
            part.set_theme(theme)
        self._explain.set_theme(theme, 22)
        self._set_lines()

    # What it says when asked

    @property
    def position(self) -> int | None:
        """The token of the prompt that was chosen; None: the last."""
        return self._position

    @property
    def token(self) -> int | None:
        """The token that was chosen; None: the likeliest."""
        return self._token

    @property
    def against(self) -> int | None:
        """The token whose logit is subtracted; None for none."""
        return self._against

    def table(self) -> list[list[str]] | None:
        return None if self._found is None else csv_rows(self._found, self._controls.order, self._mix)

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {
            "position": self._position,
            "token": self._token,
            "against": self._against,
            "order": self._controls.order,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, perhaps of another run; nothing is emitted."""
        count = len(self._names) or None
        self._position = known_place(
            state.get("position"), None if self._found is None else len(self._found.tokens)
        )
        self._token = known_place(state.get("token"), count)
        self._against = known_place(state.get("against"), count)
        self._controls.set_order(state.get("order"))
        self._show_choices()
        self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_lines()

    # Parts

    def _build(self) -> None:
        self._subject.setObjectName("contributions_logit")
        self._sum.setObjectName("contributions_sum")
        self._note.setObjectName("contributions_note")
        self._note.set_text(
            self.tr("Exact at the last layer norm's scale here; muting a part changes that scale too.")
        )
        why = self.tr(
            "The last layer norm divides by the spread of the residual stream. That number is taken as it is at "
            "this token, which makes the parts add up to the logit. Without a part the spread would be another, so "
            "the logit would not fall by just what is written here: mute the part to see what it does."
        )
        self._note.setToolTip(plain_tip(why))
        rows = self._bars.rows
        rows.setAccessibleName(self.tr("What every part adds to the logit, in logits"))
        self._explain.clicked.connect(self._on_explain_clicked)
        line = QHBoxLayout()
        line.setSpacing(8)
        line.addWidget(self._subject, 1)
        line.addWidget(self._explain)
        self.body.setSpacing(5)
        self.body.addWidget(self._controls)
        self.body.addLayout(line)
        self.body.addWidget(self._bars, 1)
        self.body.addWidget(self._sum)
        self.body.addWidget(self._note)
        self._controls.choice_changed.connect(self._on_choice_changed)
        self._controls.order_chosen.connect(self._show_bars)
        rows.chosen.connect(self._on_part_chosen)
        rows.menu_requested.connect(self._on_menu_requested)

    def _set_lines(self) -> None:
        """Of the lines below the bars: by the width, not by their words, which change all the time."""
        if self._theme is not None:
            margins = self.body.contentsMargins()
            room = self.width() - margins.left() - margins.right()
            lines = 1 if room >= self._theme.px(_WIDE) else 2
            self._sum.set_lines(lines)
            self._note.set_lines(lines)

    # From the data to the panel

    def _show_choices(self) -> None:
        self._controls.set_position(self._position)
        self._controls.set_token(self._token)
        self._controls.set_against(self._against)

    def _show(self) -> None:
        found = self._found
        if found is None:
            self._bars.rows.set_message(
                self.tr("Nothing to take apart yet: this needs a prompt with a letter.")
            )
            self._subject.set_text("")
            self.set_aside("")
        else:
            late = "" if self._is_as_wished(found) else " …"
            self._subject.set_text(f"{logit_words(found.logit)}{late} = {subject_words(found, self._names)}")
            self.set_aside(prompt_words(found.text), self._step)
        self._show_explain()
        self._show_bars()

    def _is_as_wished(self, found: Contributions) -> bool:
        """Whether what is shown is of what is chosen, and not yet of what was chosen before."""
        return (
            self._position in (None, found.position)
            and self._token in (None, found.token)
            and self._against == found.against
        )

    def _show_explain(self) -> None:
        found = self._found
        is_difference = found is not None and found.against is not None
        self._explain.setEnabled(found is not None and not is_difference)
        self._explain.set_content(
            self.tr("Explain it"),
            tip=self.tr("A difference of two logits is no number of the model: choose minus “nothing”.")
            if is_difference
            else self.tr("Where this logit comes from: the formula with its real operands."),
        )

    def _show_bars(self) -> None:
        found = self._found
        if found is None:
            self._bars.show_bars((), 1.0)
            self._sum.set_text("")
            return
        sizes = [abs(part.value) for part in found.parts if math.isfinite(part.value)]
        limit = self._limit.fit(max(sizes, default=0.0))
        self._bars.show_bars(bars_of(found, self._controls.order, self._mix), limit)
        words = sum_words(found, limit)
        if sum_of(found).misses:
            words = self.tr("The parts do not come to the logit: {0}").format(words)
            self._sum.set_text(words, mark="!")
        else:
            self._sum.set_text(words)

    # What the user does

    def _on_choice_changed(self) -> None:
        controls = self._controls
        self._position, self._token, self._against = controls.position, controls.token, controls.against
        self._show()
        self.choice_changed.emit()

    def _on_explain_clicked(self) -> None:
        found = self._found
        assert found is not None
        self.cell_chosen.emit(TapCell(InPrompt(found.text), "logits", (found.position, found.token)))

    def _on_part_chosen(self, place: int) -> None:
        part = self._bars.rows.bars[place].key
        tap, strip = part_tap(part), part_strip(part)
        if strip is not None and strip.head is not None:
            self.head_chosen.emit(strip.block, strip.head)
        elif tap is not None:
            self.tap_chosen.emit(tap)

    def _on_menu_requested(self, place: int, at: QPoint) -> None:
        part = self._bars.rows.bars[place].key
        strip = part_strip(part)
        if part_tap(part) is None:
            return
        menu = PartMenu(self)
        menu.mute_requested.connect(self.mute_requested)
        menu.add_look(
            lambda: self._on_part_chosen(place), is_head=strip is not None and strip.head is not None
        )
        if strip is not None:
            menu.add_mute(strip, muted=self._mix.of(strip).muted)
        menu.popup(at)


def _wording(found: Contributions) -> tuple[object, ...]:
    """What makes it another logit than before."""
    return found.text, found.tokens, found.position, found.against, len(found.parts)
