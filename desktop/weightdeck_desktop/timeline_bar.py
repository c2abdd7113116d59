"""The bar below the transport bar: the run as a strip, and what can be done with a moment of it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLayout, QWidget

from weightdeck.run.document import LONGEST_NAME, DocumentStatus, Past
from weightdeck.run.history import History
from weightdeck_desktop.branch_popup import BranchPopup
from weightdeck_desktop.buttons import BarButton, Look
from weightdeck_desktop.theme import Theme, Type
from weightdeck_desktop.timeline_document import bookmarks_on, branch_lines, forks_on
from weightdeck_desktop.widgets.name_editor import NameEditor
from weightdeck_desktop.widgets.plain_tip import plain_tip
from weightdeck_desktop.widgets.timeline_marks import Mark, MarkKind
from weightdeck_desktop.widgets.timeline_strip import TimelineStrip

_BUTTON = 24  # px at 100 %
_BRANCH_ROOM = 160  # for a branch's name
_EDITOR_WIDTH = 240
_NARROW = 720  # below this the buttons say less


class TimelineBar(QWidget):
    """Told by ``show_*``; each signal is a user's act. What comes and goes with the past lies over the words of now:
    nothing moves the strip but a second branch, when there is one.
    """

    sought = Signal(int)
    released = Signal(int)
    now_requested = Signal()
    play_from_here_requested = Signal()
    bookmark_requested = Signal(str, int)  # the name, "" to take it away; the step when the user asked
    branch_chosen = Signal(int)
    branch_renamed = Signal(int, str)
    compare_requested = Signal(int)  # this branch with the present one

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("timeline_bar")
        self.setAccessibleName(self.tr("Timeline"))
        self._theme: Theme | None = None
        self._document = DocumentStatus()
        self._edits: tuple[tuple[int, str], ...] = ()
        self._past: Past | None = None
        self._named_step = 0
        self._strip = TimelineStrip(self)
        self._strip.sought.connect(self._on_sought)
        self._strip.released.connect(self.released)
        self._strip.now_requested.connect(self._on_now_requested)
        self._strip.entered.connect(self.play_from_here_requested)
        self._acts = QWidget(self._strip)  # over the words of the present moment
        self._now = BarButton("timeline_now", parent=self._acts)
        self._now.set_content(self.tr("Now"), "", self.tr("Leave the past: show what trains (Esc)"))
        self._now.clicked.connect(self._on_now_requested)
        self._play = BarButton("play_from_here", parent=self._acts)
        self._play.set_content(
            self.tr("Play from here"),
            "play",
            self.tr(
                "Train on from this moment, on a new branch; nothing is overwritten (Enter on the timeline)"
            ),
        )
        self._play.clicked.connect(self.play_from_here_requested)
        self._bookmark = BarButton("bookmark", Look.QUIET, self)
        self._bookmark.set_content(
            self.tr("Bookmark"),
            "bookmark",
            self.tr(
                "Give the moment that is shown a name, so that it is kept; an empty name removes it (Ctrl+B)"
            ),
        )
        self._bookmark.clicked.connect(self.open_bookmark)
        self._branch = BarButton("branch", parent=self)
        self._branch.clicked.connect(self._on_branch_clicked)
        self._branch.hide()
        self._popup = BranchPopup(self)
        self._popup.branch_chosen.connect(self.branch_chosen)
        self._popup.branch_renamed.connect(self.branch_renamed)
        self._popup.compare_requested.connect(self.compare_requested)
        self._editor: NameEditor | None = None
        self._row, self._acts_row = self._make_rows()
        self._acts.hide()

    # Told

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self._strip.set_theme(theme)
        self._popup.set_theme(theme)
        for button in (self._now, self._play, self._bookmark, self._branch):
            button.set_theme(theme, height=_BUTTON)
        self._row.setContentsMargins(0, 0, theme.px(12), 0)
        self._row.setSpacing(theme.px(6))
        self._acts_row.setContentsMargins(theme.px(10), 0, 0, 0)
        self._acts_row.setSpacing(theme.px(6))
        self.setFixedHeight(self._strip.height())
        self._show_branch()
        self._fit()
        self.update()

    def show_run(self, newest: int, history: History) -> None:
        """The newest step of the present branch, and its losses."""
        self._strip.set_run(newest, history.metric("step"), history.metric("train_loss"))

    def show_document(self, document: DocumentStatus) -> None:
        """Branches, bookmarks and keyframes."""
        if document != self._document:
            self._document = document
            self._strip.set_keyframes(document.keyframes)
            self._show_marks()
            self._show_branch()

    def show_edits(self, edits: Sequence[tuple[int, str]]) -> None:
        """What the user did to the present branch: step and words of each."""
        if tuple(edits) != self._edits:
            self._edits = tuple(edits)
            self._show_marks()

    def show_past(self, past: Past | None) -> None:
        """The moment that is shown instead of now; None for now."""
        if past == self._past:
            return
        self._past = past
        if past is None:
            self._strip.set_now()
        else:
            self._strip.set_past(past.place.step, past.shown, past.is_exact)
        self._show_acts()

    def clear(self) -> None:
        """Forget the run that was shown: a new one begins."""
        self._past = None
        self._edits = ()
        self._document = DocumentStatus()
        self._close_editor()
        self._strip.clear()
        self._show_acts()  # the branch stays as it is until a document comes: on a new branch nothing would move

    @property
    def step(self) -> int:
        """The step that is shown or was asked for."""
        return self._strip.step

    # Asked for

    def open_bookmark(self) -> None:
        """Let the user name the moment that is shown; the name it has already is there to be changed."""
        theme = self._theme
        if theme is None or not self.isEnabled():
            return
        if self._editor is None:
            self._editor = self._make_editor()
        self._named_step = self._strip.step
        window = self.window()
        width, height = theme.px(_EDITOR_WIDTH), theme.px(30)
        corner = self._bookmark.mapTo(window, QPoint(self._bookmark.width(), self._bookmark.height() + 4))
        self._editor.setGeometry(max(4, corner.x() - width), corner.y(), width, height)
        self._editor.setFont(theme.font(Type.BODY))
        self._editor.open_with(self._name_here() or self.tr("step {step:,}").format(step=self._named_step))

    # Qt

    def minimumSizeHint(self) -> QSize:
        return QSize(320, self.height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.panel)
        painter.setPen(theme.pen(theme.line, alpha=0.5))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.end()

    # Parts

    def _make_rows(self) -> tuple[QHBoxLayout, QHBoxLayout]:
        row = QHBoxLayout(self)
        row.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        row.addWidget(self._strip, 1)
        row.addWidget(self._branch)
        row.addWidget(self._bookmark)
        acts = QHBoxLayout(self._acts)
        acts.addWidget(self._now)
        acts.addWidget(self._play)
        acts.addStretch(1)
        return row, acts

    def _make_editor(self) -> NameEditor:
        editor = NameEditor(LONGEST_NAME, self.window())
        editor.setObjectName("bookmark_name")
        editor.setAccessibleName(self.tr("Name of this moment"))
        editor.setPlaceholderText(self.tr("no bookmark"))
        editor.setToolTip(
            self.tr("Up to {0} characters. Enter sets, empty removes, Esc cancels.").format(LONGEST_NAME)
        )
        editor.accepted.connect(self._on_named)
        self.destroyed.connect(editor.deleteLater)
        return editor

    def _fit(self) -> None:
        """Room for the words of now, or for what can be done in the past; less where the window is narrow."""
        theme = self._theme
        if theme is None:
            return
        is_narrow = self.width() < theme.px(_NARROW)
        self._play.set_compact(is_narrow)
        self._branch.set_compact(is_narrow)
        self._branch.setFixedWidth(theme.px(_BUTTON + 12 if is_narrow else _BRANCH_ROOM))
        words = QFontMetrics(theme.font(Type.SMALL)).horizontalAdvance(
            self.tr("step {step:,} · now").format(step=9_999_999)
        )
        room = max(words + theme.px(10), self._acts.sizeHint().width())
        self._strip.set_end_room(room)
        self._place_acts()

    def _place_acts(self) -> None:
        width = self._acts.sizeHint().width()
        self._row.activate()
        self._acts.setGeometry(self._strip.width() - width, 0, width, self._strip.height())

    # What is shown

    def _show_acts(self) -> None:
        """The buttons of the past, as soon as the hand has asked for it."""
        is_past = self._strip.is_past
        if is_past == self._acts.isHidden():
            had_focus = self._now.hasFocus() or self._play.hasFocus()
            if had_focus:
                self._strip.setFocus()  # Qt would pass it on to some other part
            self._acts.setVisible(is_past)

    def _show_marks(self) -> None:
        marks = [Mark(step, MarkKind.EDIT, words) for step, words in self._edits]
        marks += [
            Mark(bookmark.place.step, MarkKind.BOOKMARK, bookmark.name)
            for bookmark in bookmarks_on(self._document)
        ]
        words = self.tr("branch “{0}” goes another way")
        marks += [Mark(step, MarkKind.FORK, words.format(name)) for step, name in forks_on(self._document)]
        self._strip.set_marks(marks)

    def _show_branch(self) -> None:
        lines = branch_lines(self._document)
        self._popup.set_branches(lines)
        name = next((line.name for line in lines if line.is_training), "")
        if self._branch.isHidden() != (len(lines) < 2):
            self._branch.setHidden(len(lines) < 2)
            self._fit()
        if self._theme is not None:
            room = self._theme.px(_BRANCH_ROOM - 52)  # less its icon and what is around
            metrics = QFontMetrics(self._theme.font(Type.TITLE))
            tip = self.tr("This is branch “{0}”, one of {1}. Switch, rename or compare them.")
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
            self._branch.set_content(short, "branch", plain_tip(tip.format(name, len(lines))))
            self._branch.setAccessibleName(self.tr("Branch {0}").format(name))

    def _name_here(self) -> str:
        """The name of the bookmark at the moment that is being named; "" where there is none."""
        names = [mark.name for mark in bookmarks_on(self._document) if mark.place.step == self._named_step]
        return names[0] if names else ""

    def _close_editor(self) -> None:
        if self._editor is not None:
            self._editor.close_line()

    # What the user does

    def _on_sought(self, step: int) -> None:
        self._show_acts()
        self.sought.emit(step)

    def _on_now_requested(self) -> None:
        self._show_acts()
        self.now_requested.emit()

    def _on_named(self, name: str) -> None:
        if name != self._name_here():
            self.bookmark_requested.emit(name, self._named_step)

    def _on_branch_clicked(self) -> None:
        self._popup.open_at(self._branch.mapToGlobal(QPoint(self._branch.width(), self._branch.height() + 2)))
