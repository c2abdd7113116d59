"""Whose logit is taken apart, after which token, and in what order its parts stand."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.panels.lens_words import place_names
from weightdeck_desktop.panels.open_choice import Captioned, OpenChoice
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.switch import Switch


class ContributionControls(FlowRow):
    """Three choices that may be left open, and the order. `set_*` never emit."""

    choice_changed = Signal()
    order_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(gap=8, parent=parent)
        self._token = Captioned(
            self.tr("logit of"),
            OpenChoice(self.tr("likeliest")),
            "contributions_token",
            self.tr("Whose logit"),
            self.tr("The token whose logit is taken apart; the first entry is always the likeliest one."),
        )
        self._position = Captioned(
            self.tr("after"),
            OpenChoice(self.tr("last token")),
            "contributions_position",
            self.tr("After which token of the prompt"),
            self.tr("After which token of the prompt; the first entry is always the last one."),
        )
        self._against = Captioned(
            self.tr("minus"),
            OpenChoice(self.tr("nothing")),
            "contributions_against",
            self.tr("Minus which token's logit"),
            self.tr(
                "Subtract another token's logit, part by part: what makes the model prefer the one to the other."
            ),
        )
        self._order = Switch(
            [
                (self.tr("model order"), self.tr("From the embeddings to the last layer norm.")),
                (self.tr("by size"), self.tr("What adds or takes most comes first.")),
            ]
        )
        self._order.set_names("contributions_order")
        for part in (self._token, self._position, self._against, self._order):
            self.add(part)
        for choice in (self._token, self._position, self._against):
            choice.box.picked.connect(self.choice_changed)
        self._order.chosen.connect(lambda _: self.order_chosen.emit())

    @property
    def position(self) -> int | None:
        return self._position.box.place

    @property
    def token(self) -> int | None:
        return self._token.box.place

    @property
    def against(self) -> int | None:
        return self._against.box.place

    @property
    def order(self) -> int:
        return self._order.choice

    def set_theme(self, theme: Theme) -> None:
        for part in (self._token, self._position, self._against, self._order):
            part.set_theme(theme)

    def set_prompt(self, names: Sequence[str]) -> None:
        """The tokens of the prompt; a place beyond them is given up."""
        self._position.box.set_names(place_names(names))

    def set_vocabulary(self, names: Sequence[str]) -> None:
        """The tokens that may come next; a choice that is not among them any more is given up."""
        for choice in (self._token, self._against):
            choice.box.set_names(names)

    def set_position(self, position: int | None) -> None:
        self._position.box.set_place(position)

    def set_token(self, token: int | None) -> None:
        self._token.box.set_place(token)

    def set_against(self, against: int | None) -> None:
        self._against.box.set_place(against)

    def set_order(self, order: object) -> None:
        """Whatever is no order is left alone: it may come of an old file."""
        self._order.restore(order)
