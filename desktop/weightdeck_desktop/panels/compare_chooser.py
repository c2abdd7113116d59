"""One of the two moments that are compared: named ones to choose from, a branch and a step."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QAbstractSpinBox, QLabel, QSpinBox, QWidget

from weightdeck.run.document import DocumentStatus, Place
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.widgets.choice_box import ChoiceBox
from weightdeck_desktop.widgets.flow_row import FlowRow

_LONGEST = 20  # characters of a name in a box; its tooltip has all
_NOW, _STEP_0, _SHOWN, _OTHER = "now", "step 0", "shown", "other"


class MomentChooser(FlowRow):
    """Told with `show_document`, `set_place` and `set_now`; `chosen` says that the user took another moment."""

    chosen = Signal()

    def __init__(self, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(gap=6, parent=parent)
        self._document = DocumentStatus()
        self._shown: Place | None = None
        self._place = Place(0, 0)
        self._follows_now = False
        self._keys: tuple[tuple[str, Place | None, str], ...] = ()
        self._letter = QLabel(letter)
        self._letter.setTextFormat(Qt.TextFormat.PlainText)
        name = f"compare_{letter.lower()}"
        self.setObjectName(name)
        self.setAccessibleName(self.tr("Moment {0}").format(letter))
        self._moment = ChoiceBox()
        self._moment.setObjectName(f"{name}_moment")
        self._moment.setAccessibleName(self.tr("Moment {0}").format(letter))
        self._moment.setToolTip(
            self.tr(
                "Which moment {0} is: now, step 0, the moment that is shown, a bookmark, or any step"
            ).format(letter)
        )
        self._moment.activated.connect(self._on_moment_chosen)
        self._branch = ChoiceBox()
        self._branch.setObjectName(f"{name}_branch")
        self._branch.setAccessibleName(self.tr("Branch of {0}").format(letter))
        self._branch.activated.connect(self._on_branch_chosen)
        self._step = _StepField()
        self._step.setObjectName(f"{name}_step")
        self._step.setAccessibleName(self.tr("Step of {0}").format(letter))
        self._step.setPrefix(self.tr("step "))
        self._step.valueChanged.connect(self._on_step_chosen)
        for part in (self._letter, self._moment, self._branch, self._step):
            self.add(part)

    @property
    def place(self) -> Place:
        """The moment that is chosen."""
        return self._place

    @property
    def follows_now(self) -> bool:
        """Whether it is the newest moment of the branch that trains, whichever step that is."""
        return self._follows_now

    def set_theme(self, theme: Theme) -> None:
        self._letter.setFont(theme.font(Type.TITLE))
        self._letter.setStyleSheet(f"color: {theme.text.name()}")
        self._letter.setFixedWidth(theme.px(14))
        self._moment.set_theme(theme)
        self._branch.set_theme(theme)
        self._step.set_theme(theme)
        self.updateGeometry()

    def show_document(self, document: DocumentStatus, shown: Place | None) -> None:
        """What there is to choose from; `shown` is the moment of the past that the window shows, None for now."""
        lists = (document.branches, document.bookmarks, document.branch)
        is_other = lists != (self._document.branches, self._document.bookmarks, self._document.branch)
        is_other |= shown != self._shown
        is_grown = document.heads != self._document.heads
        self._document, self._shown = document, shown
        if is_other:
            self._fill()
        if self._follows_now:
            self._place = self._now()
        if is_other or is_grown:
            self._show()

    def set_place(self, place: Place) -> None:
        """Choose a moment."""
        self._place, self._follows_now = place, False
        self._show()

    def set_now(self) -> None:
        """Choose the newest moment of the branch that trains."""
        self._place, self._follows_now = self._now(), True
        self._show()

    def _now(self) -> Place:
        document = self._document
        return Place(document.branch, document.heads[document.branch] if document.heads else 0)

    def _fill(self) -> None:
        """The boxes' entries anew."""
        document = self._document
        keys: list[tuple[str, Place | None, str]] = [
            (_NOW, None, self.tr("now")),
            (_STEP_0, None, self.tr("step 0")),
        ]
        if self._shown is not None:
            keys.append((_SHOWN, self._shown, self.tr("the moment shown")))
        keys += [(bookmark.name, bookmark.place, f"“{bookmark.name}”") for bookmark in document.bookmarks]
        keys.append((_OTHER, None, self.tr("any step")))
        self._keys = tuple(keys)
        with QSignalBlocker(self._moment), QSignalBlocker(self._branch):
            self._moment.clear()
            for place, (_, _, words) in enumerate(keys):
                self._moment.addItem(_cut(words))
                self._moment.setItemData(place, words, Qt.ItemDataRole.ToolTipRole)
            self._branch.clear()
            for branch in document.branches:
                self._branch.addItem(_cut(branch.name))
                self._branch.setItemData(branch.number, branch.name, Qt.ItemDataRole.ToolTipRole)
        self._branch.setVisible(len(document.branches) > 1)
        self._moment.updateGeometry()
        self._branch.updateGeometry()

    def _show(self) -> None:
        """Let the controls say what is chosen."""
        if not self._keys or not self._document.heads:
            return
        if self._place.branch >= len(self._document.heads):
            self._place = self._now()
        head = self._document.heads[self._place.branch]
        with QSignalBlocker(self._moment), QSignalBlocker(self._branch), QSignalBlocker(self._step):
            self._moment.setCurrentIndex(self._entry())
            self._branch.setCurrentIndex(self._place.branch)
            self._step.setRange(0, head)
            if not (self._step.hasFocus() and self._follows_now):
                self._step.setValue(self._place.step)
        branch = self._document.branches[self._place.branch]
        self._branch.setToolTip(self.tr("Which branch: “{0}”").format(branch.name))
        self._step.setToolTip(
            self.tr("After how many steps of branch “{0}”: 0 to {1:,}. Type, or arrow keys.").format(
                branch.name, head
            )
        )

    def _entry(self) -> int:
        """Which entry of the box of moments is chosen."""
        if self._follows_now:
            return 0
        if self._place.step == 0:
            return 1
        places = [place for _, place, _ in self._keys]
        return places.index(self._place) if self._place in places else len(places) - 1

    # The user's acts

    def _on_moment_chosen(self, entry: int) -> None:
        key, place, _ = self._keys[entry]
        if key == _OTHER:
            self._step.setFocus(Qt.FocusReason.OtherFocusReason)
            self._step.selectAll()
            return
        self._follows_now = key == _NOW
        if key == _NOW:
            place = self._now()
        self._place = place or Place(self._place.branch, 0)
        self._show()
        self.chosen.emit()

    def _on_branch_chosen(self, number: int) -> None:
        """At its newest step: that is what a branch came to."""
        self._place, self._follows_now = Place(number, self._document.heads[number]), False
        self._show()
        self.chosen.emit()

    def _on_step_chosen(self, step: int) -> None:
        self._place, self._follows_now = Place(self._place.branch, step), False
        self._show()
        self.chosen.emit()


class _StepField(QSpinBox):
    """A whole number, typed or changed by arrow keys and wheel, in room for a million steps."""

    def __init__(self) -> None:
        super().__init__()
        self._room = QSize(120, 22)
        self.setGroupSeparatorShown(True)
        self.setKeyboardTracking(False)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)

    def set_theme(self, theme: Theme) -> None:
        font = theme.font(Type.MONO_SMALL)
        width = QFontMetrics(font).horizontalAdvance(self.prefix() + "1,000,000") + theme.px(14)
        self._room = QSize(width, theme.px(22))
        self.setFont(font)
        self.setStyleSheet(
            f"QAbstractSpinBox {{ background: {theme.raised.name()}; color: {theme.text.name()};"
            f" border: 1px solid {theme.line.name()}; border-radius: 4px; padding: 0 {theme.px(4)}px; }}"
            f"QAbstractSpinBox:focus {{ border-color: {theme.hand_outline.name()}; }}"
        )
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        return self._room

    def minimumSizeHint(self) -> QSize:
        return self._room


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
