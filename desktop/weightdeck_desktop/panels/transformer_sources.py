"""Of whose pass the transformer shows the numbers, what of A was put into B, and how large it is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QStandardItemModel
from PySide6.QtWidgets import QSpinBox, QWidget

from weightdeck.run.inside import Patch
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.panels.prompt_pair import PromptPair
from weightdeck_desktop.panels.tap_source import OF_PROMPTS, TapSource
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.flow_fit import Fit
from weightdeck_desktop.widgets.flow_row import FlowRow
from weightdeck_desktop.widgets.plain_tip import plain_tip

MOST_ROWS = 4096  # sequences of the largest batch that there may be
_HEIGHT = 22  # px at 100 %


class SourceBar(FlowRow):
    """`prompts` are typed here too. `set_*` never emit."""

    source_chosen = Signal(object)  # TapSource
    row_chosen = Signal(int)
    patch_removed = Signal(object)  # Patch
    patches_cleared = Signal()
    zoom_requested = Signal(int)  # notches in (1) or out (-1); 0 for all of it

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(gap=8, parent=parent)
        self._theme: Theme | None = None
        self._sources = tuple(TapSource)
        self._box = ChoiceBox()
        self._box.setObjectName("transformer_source")
        self._box.setAccessibleName(self.tr("Whose numbers"))
        self._box.setToolTip(
            self.tr(
                "Whose numbers are shown: of a prompt, of the difference of two, or of a sequence of the batch."
            )
        )
        self._tips = self._all_tips()
        for source, name in self._all_names().items():
            self._box.addItem(name, source)
        self._row = _RowField()
        self._row.setObjectName("transformer_row")
        self._row.setAccessibleName(self.tr("Sequence of the batch"))
        self._row.setToolTip(
            self.tr("Which sequence of the newest batch, counted from 0. Type it, or use the arrow keys.")
        )
        self._row.hide()
        self._zoom = tuple(
            self._button(name, words, tip)
            for name, words, tip in (
                ("transformer_zoom_out", "−", self.tr("Smaller pictures (key −)")),
                ("transformer_fit", self.tr("fit"), ""),
                (
                    "transformer_zoom_in",
                    "+",
                    self.tr("Larger pictures, up to 8 times (key +, Ctrl and the wheel)"),
                ),
            )
        )
        for button, words in zip(
            self._zoom, (self.tr("Zoom out"), self.tr("Fit"), self.tr("Zoom in")), strict=True
        ):
            button.setAccessibleName(words)
        self.prompts = PromptPair("transformer")
        self._patches: list[BarButton] = []
        self._can_fit: Fit | None = None  # None: not told yet
        self.set_can_fit(Fit.ALL)
        for part in (self._box, self._row, *self.prompts.parts, *self._zoom):
            self.add(part)
        self._box.activated.connect(lambda place: self.source_chosen.emit(self._sources[place]))
        self._row.valueChanged.connect(self.row_chosen)
        for button, notches in zip(self._zoom, (-1, 0, 1), strict=True):
            button.clicked.connect(lambda _=False, notches=notches: self.zoom_requested.emit(notches))

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._box.set_theme(theme)
        self._row.set_theme(theme)
        self.prompts.set_theme(theme)
        for button in (*self._zoom, *self._patches):
            button.set_theme(theme, _HEIGHT)

    def set_source(self, source: TapSource) -> None:
        self._box.setCurrentIndex(self._sources.index(source))
        self._row.setVisible(source not in OF_PROMPTS)
        self.prompts.set_shown(source in OF_PROMPTS)

    def set_row(self, row: int) -> None:
        self._row.blockSignals(True)
        self._row.setValue(row)
        self._row.blockSignals(False)

    def set_missing(self, missing: Mapping[TapSource, str]) -> None:
        """Which sources cannot be had, and why."""
        model = self._box.model()
        assert isinstance(model, QStandardItemModel)
        for place, source in enumerate(self._sources):
            why = missing.get(source, "")
            model.item(place).setEnabled(not why)
            self._box.setItemData(place, why or self._tips[source], Qt.ItemDataRole.ToolTipRole)

    def set_can_fit(self, can_fit: Fit) -> None:
        """Whether there is anything more to be seen at once."""
        if can_fit is self._can_fit:
            return
        self._can_fit = can_fit
        tip = {
            Fit.MORE: self.tr("From the top, all of it or as small as can be read (key 0)"),
            Fit.SMALLEST: self.tr("The pictures are as small as they can be read: scroll for the rest."),
            Fit.ALL: self.tr("All of it is seen."),
        }[can_fit]
        fit = self._zoom[1]
        fit.set_content(fit.text(), "", tip)
        fit.setAccessibleName(self.tr("Fit"))
        fit.setEnabled(can_fit is Fit.MORE)

    def set_patches(self, patches: Sequence[tuple[Patch, str, str]]) -> None:
        """What of A stands in B, in words, and why it does not where it does not: a button for each, that takes it
        away.
        """
        for old in self._patches:
            self.remove(old)
        self._patches = []
        for place, (patch, words, why_not) in enumerate(patches):
            label = self.tr("A’s {0} → B ✕").format(words)
            tip = self.tr("B is computed with A’s {0}. Click to take it out again").format(words)
            if why_not:
                label = f"! {label}"
                tip = self.tr("Not put in: {0} Click to take it out of this list").format(why_not)
            button = self._button(f"transformer_patch_{place}", label, plain_tip(tip))
            button.clicked.connect(lambda _=False, patch=patch: self.patch_removed.emit(patch))
            self._patches.append(button)
        if len(patches) > 1:
            all_of_them = self._button(
                "transformer_patches_clear",
                self.tr("take all out"),
                self.tr("Nothing of A stands in B any more"),
            )
            all_of_them.clicked.connect(lambda _=False: self.patches_cleared.emit())
            self._patches.append(all_of_them)
        for button in self._patches:
            if self._theme is not None:
                button.set_theme(self._theme, _HEIGHT)
            self.add(button)
            button.show()

    def _button(self, name: str, words: str, tip: str) -> BarButton:
        button = BarButton(name, Look.LINK)
        button.set_content(words, "", tip)
        return button

    def _all_names(self) -> dict[TapSource, str]:
        return {
            TapSource.A: self.tr("prompt A"),
            TapSource.B: self.tr("prompt B"),
            TapSource.DIFFERENCE: self.tr("A − B"),
            TapSource.PATCHED: self.tr("B patched"),
            TapSource.EFFECT: self.tr("patch effect"),
            TapSource.BATCH: self.tr("batch"),
            TapSource.GRADIENT: self.tr("gradient"),
        }

    def _all_tips(self) -> dict[TapSource, str]:
        return {
            TapSource.A: self.tr("What prompt A makes of the model now"),
            TapSource.B: self.tr("What prompt B makes of the model now"),
            TapSource.DIFFERENCE: self.tr("A minus B, number by number"),
            TapSource.PATCHED: self.tr("B with activations of A in it"),
            TapSource.EFFECT: self.tr("B patched minus B: what the patch changes"),
            TapSource.BATCH: self.tr("A sequence of the newest batch, as training computed it"),
            TapSource.GRADIENT: self.tr("How the batch’s loss would move with every number of that sequence"),
        }


class _RowField(QSpinBox):
    """A whole number, told when it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self._room = QSize(72, _HEIGHT)
        self.setRange(0, MOST_ROWS - 1)
        self.setPrefix(self.tr("sequence "))
        self.setKeyboardTracking(False)

    def set_theme(self, theme: Theme) -> None:
        font = theme.font(Type.SMALL)
        words = f"{self.prefix()}0000"
        self._room = QSize(QFontMetrics(font).horizontalAdvance(words) + theme.px(36), theme.px(_HEIGHT))
        self.setFont(font)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return self._room

    def minimumSizeHint(self) -> QSize:
        return self._room
