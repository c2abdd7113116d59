"""The embeddings panel: the vectors of tokens or of positions in two dimensions, and which of them are alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from weightdeck.run.inside import Embeddings, VectorMap
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.layout import POSITIONS as POSITION_TENSOR
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec
from weightdeck_desktop.panels.embeddings_neighbours import Neighbour, Neighbours
from weightdeck_desktop.panels.embeddings_words import (
    KINDS,
    POSITIONS,
    TOKENS,
    axis_words,
    figure,
    neighbours_of,
    unknown_words,
    vector_names,
    vector_words,
    vectors_table,
)
from weightdeck_desktop.panels.panel import Panel
from weightdeck_desktop.panels.slice_menu import Describe, SliceMenu
from weightdeck_desktop.theme import Theme, dark_theme
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.switch import Switch
from weightdeck_desktop.widgets.vector_plane import VectorPlane

_BESIDE_FROM = 370  # px at 100 %: wide enough for the neighbours beside the plane
_LIST_WIDTH = 152  # px at 100 %


class EmbeddingsPanel(Panel):
    """What the pointer is on is shown as long as it is there; what was clicked or walked to, until it is let go."""

    slice_act = Signal(object, object)  # ParameterSlice, SliceAct

    key = "embeddings"

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = self.tr("Embeddings")
        self._model: ModelSpec | None = None
        self._vocabulary: tuple[str, ...] = ()
        self._describe: Describe | None = None
        self._embeddings: Embeddings | None = None
        self._step = 0
        self._names: tuple[str, ...] = ()
        self._choices: dict[int, int | None] = {TOKENS: None, POSITIONS: None}
        self._pointed: int | None = None
        self._switch = Switch(
            [
                (self.tr("tokens"), self.tr("The vector of every possible token.")),
                (self.tr("positions"), self.tr("The vector that is added for every place in the context.")),
            ]
        )
        self._switch.set_names("embeddings_kind")
        self._switch.setAccessibleName(self.tr("Which vectors"))
        self._plane = VectorPlane()
        self._plane.setObjectName("embeddings_plane")
        tip = self.tr(
            "Every dot is one vector, seen along the two directions in which the vectors vary most "
            "(principal component analysis). Near here may be far in the other dimensions: lines join the "
            "vectors that are nearest in all of them, by cosine."
        )
        self._plane.setToolTip(plain_tip(tip))
        self._plane.setAccessibleName(self.tr("Vectors in two dimensions"))
        self._keys = self.tr(
            "Arrow keys go to the next dot that way, Page keys through all, Esc lets go, the menu key turns weights."
        )
        self._plane.setAccessibleDescription(self._keys)
        self._neighbours = Neighbours()
        self._grid = QGridLayout()
        self._is_beside: bool | None = None  # how the parts were placed last
        self.body.addLayout(self._grid, 1)
        self._place_parts(beside=False)
        self._switch.chosen.connect(self._on_kind_chosen)
        self._plane.pointed.connect(self._on_pointed)
        self._plane.chosen.connect(self._on_chosen)
        self._plane.menu_requested.connect(self._on_menu_requested)
        self._neighbours.chosen.connect(self._on_chosen)
        self._show()

    # What it is told

    def set_model(self, model: ModelSpec) -> None:
        """How many vectors there are, and of how many features."""
        self._model = model
        self._show_aside()

    def set_vocabulary(self, vocabulary: Sequence[str]) -> None:
        """What the tokens are called."""
        self._vocabulary = tuple(vocabulary)
        self._show()

    def set_slice_states(self, describe: Describe) -> None:
        """What the menus say of a vector's weights is asked of `describe` when one opens."""
        self._describe = describe

    def show_embeddings(self, embeddings: Embeddings, step: int) -> None:
        """The newest vectors, of the weights of a step."""
        self._embeddings, self._step = embeddings, step
        self._show()

    def clear(self) -> None:
        self._embeddings, self._pointed = None, None
        self._choices = {TOKENS: None, POSITIONS: None}
        self._plane.fit_anew()
        self._show()

    def set_theme(self, theme: Theme) -> None:
        super().set_theme(theme)
        for part in (self._switch, self._plane, self._neighbours):
            part.set_theme(theme)
        self._arrange()

    # What it says when asked

    @property
    def choice(self) -> int | None:
        """Place of the vector that is chosen among those that are shown."""
        return self._choices[self._switch.choice]

    def table(self) -> list[list[str]] | None:
        vectors = self._vectors
        return None if vectors is None else vectors_table(self._switch.choice, vectors, self._names)

    def state(self) -> dict[str, Any]:
        """Which vectors, and which of them are chosen, as JSON can hold it."""
        chosen = {KINDS[kind]: place for kind, place in self._choices.items()}
        return {"kind": KINDS[self._switch.choice], "chosen": chosen}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take what `state` gave, perhaps of another model; nothing is emitted."""
        if state.get("kind") in KINDS:
            self._switch.set_choice(KINDS.index(state["kind"]))
        chosen = state.get("chosen")
        for kind, name in enumerate(KINDS):
            place = chosen.get(name) if isinstance(chosen, Mapping) else None
            if type(place) is int and place >= 0:
                self._choices[kind] = place
        self._plane.fit_anew()
        self._show()

    # From vectors to pictures

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        theme = self._theme or dark_theme()
        beside = self.width() >= theme.px(_BESIDE_FROM)
        self._place_parts(beside=beside)
        self._grid.setHorizontalSpacing(theme.px(12))
        self._grid.setVerticalSpacing(theme.px(8) if beside else 4)
        self._neighbours.set_brief(not beside)
        self._neighbours.setMinimumWidth(theme.px(_LIST_WIDTH) if beside else 0)
        self._neighbours.setMaximumWidth(theme.px(_LIST_WIDTH) if beside else 16_777_215)

    def _place_parts(self, *, beside: bool) -> None:
        """Beside: the plane has the whole height, since its scale, which is the same both ways, hangs on it."""
        if beside == self._is_beside:
            return
        self._is_beside = beside
        switch, plane, near = self._switch, self._plane, self._neighbours
        for part in (switch, plane, near):
            self._grid.removeWidget(part)
        left = Qt.AlignmentFlag.AlignLeft
        if beside:
            self._grid.addWidget(plane, 0, 0, 2, 1)
            self._grid.addWidget(switch, 0, 1, left)
            self._grid.addWidget(near, 1, 1)
        else:
            self._grid.addWidget(switch, 0, 0, left)
            self._grid.addWidget(plane, 1, 0)
            self._grid.addWidget(near, 2, 0)
        self._grid.setRowStretch(1, 1)
        self._grid.setColumnStretch(0, 1)

    @property
    def _vectors(self) -> VectorMap | None:
        """Those that are shown; None where there are none."""
        if self._embeddings is None:
            return None
        kind = self._switch.choice
        vectors = self._embeddings.tokens if kind == TOKENS else self._embeddings.positions
        return vectors if len(vectors.points) else None

    def _show(self) -> None:
        vectors, kind = self._vectors, self._switch.choice
        if vectors is None:
            self._names = ()
            self._plane.set_message(self.tr("Waiting for the vectors: they come with the model."))
            self._plane.set_points(None)
        else:
            self._names = vector_names(kind, len(vectors.points), self._vocabulary)
            self._plane.set_axis_words(*axis_words(vectors.explained))
            self._plane.set_names(self._names)
            self._plane.set_points(vectors.points, joined=kind == POSITIONS)
            if self._pointed is not None and self._pointed >= len(self._names):
                self._pointed = None
        self._neighbours.setVisible(vectors is not None)
        self._show_aside()
        self._show_shown()

    def _show_aside(self) -> None:
        vectors = self._vectors
        if vectors is None:
            self.set_aside("")
            return
        count = len(vectors.points)
        is_tokens = self._switch.choice == TOKENS
        words = (self.tr("{0:,} tokens") if is_tokens else self.tr("{0:,} positions")).format(count)
        if self._model is not None:
            if is_tokens and count < self._model.vocab_size:
                words = self.tr("the first {0:,} of {1:,} tokens").format(count, self._model.vocab_size)
            words += self.tr(" × {0:,} features").format(self._model.n_embd)
        unknown = unknown_words(vectors)
        self.set_aside(f"{unknown} · {words}" if unknown else words, self._step)

    def _show_shown(self) -> None:
        """The chosen vector, or the one under the pointer, with its neighbours."""
        vectors = self._vectors
        choice = self.choice if vectors is not None and (self.choice or 0) < len(self._names) else None
        place = choice if self._pointed is None else self._pointed
        self._plane.set_choice(choice)
        if vectors is None or place is None:
            self._plane.set_shown(None)
            hint = "" if vectors is None else self.tr("Point at a dot, or walk with the arrow keys.")
            self._neighbours.show_neighbours("", (), hint)
            self._plane.setAccessibleDescription(self._keys)
            return
        near = [
            Neighbour(other, self._names[other], cosine, length)
            for other, cosine, length in neighbours_of(vectors, place)
        ]
        self._plane.set_shown(place, [each.place for each in near])
        whose = self.tr("{0} · length {1}").format(
            vector_words(self._switch.choice, self._names[place]), figure(float(vectors.norms[place]))
        )
        self._neighbours.show_neighbours(whose, near, self.tr("There is no other vector."))
        said = ", ".join(f"{each.name} {figure(each.cosine, '+')}" for each in near)
        self._plane.setAccessibleDescription(self.tr("{0}; nearest by cosine: {1}").format(whose, said))

    # The user's acts

    def _on_kind_chosen(self) -> None:
        self._pointed = None
        self._plane.fit_anew()
        self._show()

    def _on_pointed(self, place: int | None) -> None:
        self._pointed = place
        self._show_shown()

    def _on_chosen(self, place: int | None) -> None:
        self._choices[self._switch.choice] = place
        self._pointed = None
        self._show_shown()

    def _on_menu_requested(self, place: int, at: QPoint) -> None:
        if self._describe is None:
            return
        tensor = EMBEDDING if self._switch.choice == TOKENS else POSITION_TENSOR
        menu = SliceMenu(self, self._describe)
        menu.slice_act.connect(self.slice_act)
        menu.add_slice(ParameterSlice(tensor, (place,)))
        menu.popup(at)
