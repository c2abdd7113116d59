"""The logit lens: what the model would predict if it ended after each of its layers, now and over the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from weightdeck.run.inside import Floats, Lens, OverSteps
from weightdeck.run.subjects import InPrompt, TapCell
from weightdeck_desktop.panels.lens_controls import DIVERGENCE, FOLLOWING, NOW, OVER_STEPS, LensControls
from weightdeck_desktop.panels.lens_history import LensHistory
from weightdeck_desktop.panels.lens_menu import LensMenu
from weightdeck_desktop.panels.lens_words import (
    best_words,
    cell_words,
    following_words,
    history_rows,
    lens_rows,
    point_names,
    probability_words,
    prompt_names,
    prompt_words,
    token_name,
    token_names,
    with_unit,
)
from weightdeck_desktop.panels.open_choice import known_place
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.lens_grid import GridCells, LensGrid
from weightdeck_desktop.widgets.lens_part import Place
from weightdeck_desktop.widgets.snapped_limit import SnappedLimit
from weightdeck_desktop.widgets.text_line import TextLine

_WIDE = 720  # px at 100 %: with so much room the line below the grid needs no second one


class LensPanel(Panel):
    """Told with `show_lens` of one prompt. Rows are read from the top, in the order in which the model computes.

    The likeliest token that the page over steps follows is the one of when it was opened, or of when the prompt or the
    place changed: it does not change under the reader's eyes as the model learns.
    """

    history_requested = Signal(
        int, int
    )  # position, token: the page over steps is looked at, or follows another
    place_chosen = Signal(int)  # position
    cell_chosen = Signal(object)  # Subject

    key = "lens"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Logit lens")
        self._lens: Lens | None = None
        self._step = 0
        self._names: tuple[str, ...] = ()  # of the tokens that may come next
        self._position: int | None = None  # that the user chose
        self._token: int | None = None
        self._likeliest: int | None = None  # the token that is followed when none is chosen
        self._pointed: Place | None = None
        self._limit = SnappedLimit(smallest=0.1)
        self._controls = LensControls()
        self._grid = LensGrid("lens_grid", self._cell_words)
        self._readout = TextLine()
        self._now, self._history = QWidget(), LensHistory()
        self._pages = QStackedWidget()
        self._build()
        self._show()

    # What it is told

    def set_vocabulary(self, vocabulary: tuple[str, ...]) -> None:
        """What each token is called; without it they are numbered."""
        names = token_names(vocabulary)
        is_other = bool(self._names) and names != self._names  # its numbers mean other tokens
        self._names = names
        self._controls.set_vocabulary(names)
        if is_other or (self._token is not None and self._token >= len(names)):
            self._token = None
        self._controls.set_token(self._token)
        self._show()

    def show_lens(self, lens: Lens, step: int) -> None:
        """The newest lens and the step of its weights."""
        before, was_followed = self._lens, (self.position, self.token)
        self._lens, self._step = lens, step
        is_new = before is None or (before.text, before.ids) != (lens.text, lens.ids)
        if self._position is not None and self._position >= len(lens.ids):
            self._position = None
        if is_new or not self.is_over_steps:
            self._find_likeliest()
        if is_new:
            self._limit.reset()
            self._pointed = None
        if is_new or (self.position, self.token) != was_followed:
            self._history.forget()
        self._show()

    def show_over_steps(self, over: OverSteps) -> None:
        """The keyframes; of another prompt, place or token than are followed now they are dropped."""
        lens = self._lens
        if lens is not None and (over.text, over.position, over.token) == (
            lens.text,
            self.position,
            self.token,
        ):
            self._history.show_over_steps(over)

    def show_problem(self, sentence: str) -> None:
        """Why the keyframes could not be read; "" when nothing is wrong."""
        self._history.set_problem(sentence)

    def clear(self) -> None:
        self._lens, self._step, self._likeliest, self._pointed = None, 0, None, None
        self._limit.reset()
        self._history.forget()
        self._show()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._controls, self._grid, self._readout, self._history):
            part.set_theme(theme)
        self._set_lines()

    # What it says when asked

    @property
    def is_over_steps(self) -> bool:
        """Whether the page over steps is chosen: whoever changes the prompt asks for its keyframes again."""
        return self._controls.view == OVER_STEPS

    @property
    def position(self) -> int | None:
        """After which token of the prompt a token is followed; None before there is a prompt."""
        if self._lens is None:
            return None
        return len(self._lens.ids) - 1 if self._position is None else self._position

    @property
    def token(self) -> int | None:
        """Which token is followed; None before there is a prompt."""
        if self._lens is None:
            return None
        return self._likeliest if self._token is None else self._token

    @property
    def missing_history(self) -> tuple[int, int] | None:
        """Position and token whose keyframes the page over steps waits for; None where there is nothing to ask for."""
        position, token = self.position, self.token
        if not self.is_over_steps or self._history.over is not None or position is None or token is None:
            return None
        return position, token

    def table(self) -> list[list[str]] | None:
        if self.is_over_steps:
            return None if self._history.over is None else history_rows(self._history.over)
        return None if self._lens is None else lens_rows(self._lens, self._names)

    def state(self) -> dict[str, Any]:
        """What a restart should bring back, as JSON can hold it."""
        return {
            "view": self._controls.view,
            "colours": self._controls.colours,
            "position": self._position,
            "token": self._token,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, perhaps of another run; nothing is emitted."""
        self._controls.set_view(state.get("view"))
        self._controls.set_colours(state.get("colours"))
        self._position = known_place(
            state.get("position"), None if self._lens is None else len(self._lens.ids)
        )
        self._token = known_place(state.get("token"), len(self._names) or None)
        self._controls.set_token(self._token)
        self._find_likeliest()
        self._history.forget()
        self._show_page()
        self._show()

    # Parts

    def _build(self) -> None:
        self._grid.setAccessibleName(self.tr("What each layer would predict"))
        self._grid.setAccessibleDescription(
            self.tr("Rows: points of the model; columns: tokens of the prompt. Enter chooses a column.")
        )
        self._readout.setObjectName("lens_readout")
        column = QVBoxLayout(self._now)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self._grid, 1)
        column.addWidget(self._readout)
        self._pages.addWidget(self._now)
        self._pages.addWidget(self._history)
        self.body.addWidget(self._controls)
        self.body.addWidget(self._pages, 1)
        self._show_page()
        self._controls.view_chosen.connect(self._on_view_chosen)
        self._controls.colours_chosen.connect(self._show)
        self._controls.position_chosen.connect(lambda: self._choose_position(self._controls.position))
        self._controls.token_chosen.connect(lambda: self._choose_token(self._controls.token))
        self._grid.pointed.connect(self._on_cell_pointed)
        self._grid.chosen.connect(self._on_cell_chosen)
        self._grid.column_chosen.connect(self._choose_position)
        self._grid.menu_requested.connect(self._on_menu_requested)

    def _show_page(self) -> None:
        """A hidden page must not make the visible one scroll: it wants no room."""
        for place, page in ((NOW, self._now), (OVER_STEPS, self._history)):
            is_seen = place == self._controls.view
            policy = QSizePolicy.Policy.Preferred if is_seen else QSizePolicy.Policy.Ignored
            page.setSizePolicy(policy, policy)
        self._pages.setCurrentIndex(self._controls.view)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._set_lines()

    def _set_lines(self) -> None:
        """Of the line below the grid: by the width, not by its words, which change all the time."""
        is_wide = self._theme is not None and self.width() >= self._theme.px(_WIDE)
        self._readout.set_lines(1 if is_wide else 2)

    # From the lens to the page

    def _find_likeliest(self) -> None:
        lens, position = self._lens, self.position
        if lens is not None and position is not None:
            self._likeliest = int(lens.best[-1, position, 0])

    def _show(self) -> None:
        lens = self._lens
        if lens is None:
            self._controls.set_ends("", "")
            self._controls.set_prompt(())
            self._grid.set_message(self.tr("Nothing to look at yet: this needs a prompt with a letter."))
            self._grid.show_cells(None)
            self._history.set_followed("")
            self.set_aside("")
        else:
            self._controls.set_prompt(prompt_names(lens.tokens))
            self._controls.set_position(self._position)
            if not self.is_over_steps:
                self._show_cells(lens)
            self._show_followed(lens)
            self.set_aside(prompt_words(lens.text), self._step)
        self._show_readout()

    def _show_cells(self, lens: Lens) -> None:
        shares, figures = self._shares(lens)
        is_following = self._controls.colours == FOLLOWING
        words = following_words(lens) if is_following else best_words(lens, self._names)
        self._grid.set_column(self._position)
        self._grid.show_cells(
            GridCells(point_names(lens.points), prompt_names(lens.tokens), words, shares, figures)
        )

    def _shares(self, lens: Lens) -> tuple[Floats, tuple[tuple[str, ...], ...]]:
        """What the colours show, from 0 to 1, and the same in figures; says where the colours end."""
        if self._controls.colours == DIVERGENCE:
            limit = self._limit.fit(float(lens.divergence.max()))
            self._controls.set_ends("0", self.tr("{0:g} nats").format(limit))
            return lens.divergence / np.float32(limit), _written(lens.divergence, with_unit)
        self._controls.set_ends("0", "1")
        shares = lens.following if self._controls.colours == FOLLOWING else lens.probs[:, :, 0]
        return shares, _written(shares, probability_words)

    def _show_followed(self, lens: Lens) -> None:
        position, token = self.position, self.token
        assert position is not None
        assert token is not None
        words = self.tr("probability of “{0}” after “{1}” (token {2} of {3})")
        name = prompt_names(lens.tokens)[position]
        self._history.set_followed(
            words.format(token_name(self._names, token), name, position, prompt_words(lens.text))
        )

    def _show_readout(self) -> None:
        if self._lens is None:
            self._readout.set_text("")
        elif self._pointed is None:
            self._readout.set_text(
                self.tr(
                    "What each layer would predict next if the model ended there. Read a column downwards: from its "
                    "token, part by part, to the prediction."
                )
            )
        else:
            self._readout.set_text(self._cell_words(self._pointed))

    def _cell_words(self, place: Place) -> str:
        return "" if self._lens is None else cell_words(self._lens, self._names, *place)

    # What the user does

    def _on_view_chosen(self) -> None:
        self._show_page()
        if self.is_over_steps:
            self._follow_anew()
        self._show()

    def _follow_anew(self) -> None:
        """Another place or token is followed, or the page is opened: ask for its keyframes."""
        before = (self.position, self.token)
        self._find_likeliest()
        over, position, token = self._history.over, self.position, self.token
        if over is None or before != (position, token) or (over.position, over.token) != (position, token):
            self._history.forget()
        if position is not None and token is not None:
            self.history_requested.emit(position, token)

    def _choose_position(self, position: int | None) -> None:
        before, self._position = self.position, position
        if self.is_over_steps:
            self._follow_anew()
        else:
            self._find_likeliest()
        if self.position is not None and self.position != before:
            self.place_chosen.emit(self.position)
        self._show()

    def _choose_token(self, token: int | None) -> None:
        self._token = token
        self._follow_anew()
        self._show()

    def _on_cell_pointed(self, place: Place | None) -> None:
        self._pointed = place
        self._show_readout()

    def _on_cell_chosen(self, place: Place) -> None:
        lens, (point, position) = self._lens, place
        assert lens is not None
        self._choose_position(position)
        if point == len(lens.points) - 1:
            self._explain(position, self._token_at(lens, place))

    def _token_at(self, lens: Lens, place: Place) -> int:
        """The token that stands in a cell: what follows, where that is shown, else the likeliest."""
        point, position = place
        if self._controls.colours == FOLLOWING and position + 1 < len(lens.ids):
            return lens.ids[position + 1]
        return int(lens.best[point, position, 0])

    def _explain(self, position: int, token: int) -> None:
        assert self._lens is not None
        self.cell_chosen.emit(TapCell(InPrompt(self._lens.text), "probs", (position, token)))

    def _on_menu_requested(self, place: Place, at: QPoint) -> None:
        lens, (point, position) = self._lens, place
        assert lens is not None
        token = self._token_at(lens, place)
        menu = LensMenu(self)
        why_not = self.tr("Only in the last row: before it the model makes no prediction of its own")
        is_prediction = point == len(lens.points) - 1
        menu.add_explain(lambda: self._explain(position, token), "" if is_prediction else why_not)
        menu.add_follow(token_name(self._names, token), lambda: self._follow(position, token))
        menu.popup(at)

    def _follow(self, position: int, token: int) -> None:
        """Go to the page over steps with this token, after this place."""
        before = self.position
        self._position, self._token = position, token
        self._controls.set_token(token)
        self._controls.set_view(OVER_STEPS)
        self._on_view_chosen()
        if position != before:
            self.place_chosen.emit(position)


def _written(values: Floats, write: Callable[[float], str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(write(value) for value in row) for row in values.tolist())
