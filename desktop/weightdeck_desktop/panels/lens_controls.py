"""What of the logit lens is shown: now or over steps, by which colours, after which token, for which."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from weightdeck_desktop.panels.lens_words import place_names
from weightdeck_desktop.panels.open_choice import Captioned, OpenChoice
from weightdeck_desktop.theme import Theme
from weightdeck_desktop.widgets.colour_scale import ColourScale
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.switch import Switch

NOW, OVER_STEPS = range(2)  # views, by place in the switch
BEST, FOLLOWING, DIVERGENCE = range(3)  # what colours show


class LensControls(FlowRow):
    """Colours are chosen for the present step, a token to follow for the page over steps. `set_*` never emit."""

    view_chosen = Signal()
    colours_chosen = Signal()
    position_chosen = Signal()
    token_chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(gap=8, parent=parent)
        self._view = Switch(
            [
                (self.tr("now"), self.tr("Every layer at every token, at the step that is shown.")),
                (self.tr("over steps"), self.tr("One token after one place, at the keyframes of this run.")),
            ]
        )
        self._view.set_names("lens_view")
        self._colours = Switch(
            [
                (self.tr("likeliest"), self.tr("Colours: probability of the likeliest token, 0 to 1.")),
                (
                    self.tr("what follows"),
                    self.tr(
                        "Colours: probability of the token that really comes next in the prompt, 0 to 1."
                    ),
                ),
                (
                    self.tr("divergence"),
                    self.tr(
                        "Colours: how far it is from the prediction in the end, in nats from 0 on: "
                        "KL(prediction ‖ here)."
                    ),
                ),
            ]
        )
        self._colours.set_names("lens_colours")
        self._scale = ColourScale()
        self._scale.setToolTip(self.tr("Where the colours begin and end."))
        self._position = Captioned(
            self.tr("after"),
            OpenChoice(self.tr("last token")),
            "lens_position",
            self.tr("After which token of the prompt"),
            self.tr(
                "After which token of the prompt it is followed; the first entry is always the last one."
            ),
        )
        self._token = Captioned(
            self.tr("follow"),
            OpenChoice(self.tr("likeliest")),
            "lens_token",
            self.tr("Which token is followed"),
            self.tr("Whose probability is followed; the first entry is the likeliest one as the page opens."),
        )
        for part in (self._view, self._colours, self._scale, self._token, self._position):
            self.add(part)
        self._show_parts()
        self._view.chosen.connect(self._on_view_chosen)
        self._colours.chosen.connect(lambda _: self.colours_chosen.emit())
        self._position.box.picked.connect(self.position_chosen)
        self._token.box.picked.connect(self.token_chosen)

    @property
    def view(self) -> int:
        return self._view.choice

    @property
    def colours(self) -> int:
        return self._colours.choice

    @property
    def position(self) -> int | None:
        """The place that was chosen; None: always the last."""
        return self._position.box.place

    @property
    def token(self) -> int | None:
        """The token that was chosen; None: the likeliest."""
        return self._token.box.place

    def set_theme(self, theme: Theme) -> None:
        for part in (self._view, self._colours, self._scale, self._position, self._token):
            part.set_theme(theme)

    def set_view(self, view: object) -> None:
        """Whatever is no view is left alone: it may come of an old file."""
        self._view.restore(view)
        self._show_parts()

    def set_colours(self, colours: object) -> None:
        """As `set_view`."""
        self._colours.restore(colours)

    def set_prompt(self, names: Sequence[str]) -> None:
        """The tokens of the prompt."""
        self._position.box.set_names(place_names(names))

    def set_vocabulary(self, names: Sequence[str]) -> None:
        """The tokens that may come next."""
        self._token.box.set_names(names)

    def set_position(self, position: int | None) -> None:
        self._position.box.set_place(position)

    def set_token(self, token: int | None) -> None:
        self._token.box.set_place(token)

    def set_ends(self, low: str, high: str) -> None:
        """What the outermost colours stand for."""
        self._scale.set_ends(low, high, signed=False)

    def _on_view_chosen(self) -> None:
        self._show_parts()
        self.view_chosen.emit()

    def _show_parts(self) -> None:
        is_now = self.view == NOW
        self._colours.setVisible(is_now)
        self._scale.setVisible(is_now)
        self._position.setVisible(not is_now)
        self._token.setVisible(not is_now)
