"""The file side of the window: its file dialogs, what is dropped on it, its title, and its bars about the document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QObject, Qt, Signal
from PySide6.QtGui import QAction, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox

from weightdeck.run.document import SUFFIX
from weightdeck_desktop.actions import ActionRegistry
from weightdeck_desktop.notice_bar import NoticeBar
from weightdeck_desktop.theme import Theme


class RunFiles(QObject):
    """Owns the dialogs and the two bars; the window places the bars. Every signal is a user's act."""

    new_requested = Signal()
    open_requested = Signal()
    save_requested = Signal()
    save_as_requested = Signal()
    save_copy_requested = Signal()
    file_chosen = Signal(str)  # a run to open: from the dialog, the list of recent ones, or dropped
    save_as_chosen = Signal(str)  # where to; what is there may be replaced
    save_copy_chosen = Signal(str)
    drop_refused = Signal(str)  # why what was dropped is not opened
    recent_cleared = Signal()

    def __init__(self, window: QMainWindow, registry: ActionRegistry) -> None:
        super().__init__(window)
        self._window = window
        self._registry = registry
        self._recent: tuple[str, ...] = ()
        self.news = NoticeBar("news", window)
        self.banner = NoticeBar("problem", window)
        requests = {
            "new": self.new_requested,
            "open": self.open_requested,
            "save": self.save_requested,
            "save_as": self.save_as_requested,
            "save_copy": self.save_copy_requested,
            "clear_recent": self.recent_cleared,
        }
        for key, request in requests.items():
            registry[key].triggered.connect(lambda _checked=False, request=request: request.emit())
        for number, action in enumerate(registry.recent()):
            action.triggered.connect(lambda _checked=False, number=number: self._on_recent_triggered(number))
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    # -- told --------------------------------------------------------------------------------------------

    def set_theme(self, theme: Theme) -> None:
        self.news.set_theme(theme)
        self.banner.set_theme(theme)

    def show_document(self, name: str, path: str, state: str, *, is_saved: bool) -> None:
        """Say in the title which run this is and how it stands with its file; `path` is "" for one in memory."""
        words = self.tr("{0} - {1}") if is_saved else self.tr("{0} - not saved: {1}")
        self._window.setWindowFilePath(path)
        # "[*]" is where Qt puts the system's own mark of an unsaved document; doubled in a name it is plain text.
        self._window.setWindowTitle(words.format(name.replace("[*]", "[*][*]") + "[*]", state))
        self._window.setWindowModified(not is_saved)

    def show_news(self, text: str, actions: Sequence[QAction] = (), *, is_error: bool = False) -> None:
        """Show a sentence until the user takes it away, with buttons for what can be done; "" takes it away."""
        if text:
            self.news.show_notice(text, actions, is_error=is_error)
        else:
            self.news.hide()

    def show_problem(self, text: str, actions: Sequence[QAction] = ()) -> None:
        """Show why the run is not saved, for as long as that is so; "" when it is no more."""
        if text:
            self.banner.show_notice(text, actions, is_error=True, stays=True)
        else:
            self.banner.hide()

    def show_recent(self, paths: Sequence[str]) -> None:
        """List the runs that were open last, the newest first."""
        self._recent = tuple(paths)
        self._registry.show_recent(self._recent)

    # -- asking the user ---------------------------------------------------------------------------------

    def ask_open(self, folder: str) -> None:
        """Let the user choose a run to open, beginning in `folder`: `file_chosen`."""
        dialog = self._dialog("open_dialog", self.tr("Open a run"), self.file_chosen.emit)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setDirectory(folder)
        dialog.open()

    def ask_save_as(self, suggested: str) -> None:
        """Let the user choose where the run is kept from now on: `save_as_chosen`."""
        self._ask_where(
            self.tr("Save the run as"),
            suggested,
            self.save_as_chosen.emit,
            lambda: self.ask_save_as(suggested),
        )

    def ask_save_copy(self, suggested: str) -> None:
        """Let the user choose where a copy goes: `save_copy_chosen`."""
        self._ask_where(
            self.tr("Save a copy of the run"),
            suggested,
            self.save_copy_chosen.emit,
            lambda: self.ask_save_copy(suggested),
        )

    # -- Qt ----------------------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.DragEnter, QEvent.Type.DragMove) and isinstance(event, QDragMoveEvent):
            if event.mimeData().hasUrls():
                event.setDropAction(Qt.DropAction.CopyAction)
                event.accept()
                return True
        elif kind is QEvent.Type.Drop and isinstance(event, QDropEvent) and event.mimeData().hasUrls():
            event.setDropAction(Qt.DropAction.CopyAction)  # else the file manager may think that it moved
            event.accept()
            self._on_dropped(event.mimeData())
            return True
        return super().eventFilter(watched, event)

    # -- what the user does ------------------------------------------------------------------------------

    def _on_dropped(self, dropped: QMimeData) -> None:
        urls = dropped.urls()
        path = urls[0].toLocalFile() if urls else ""
        if len(urls) > 1:
            self.drop_refused.emit(self.tr("Drop one file at a time: the window holds one run."))
        elif not path:
            self.drop_refused.emit(
                self.tr("What was dropped is not a file of this computer. Save it here first, then open it.")
            )
        elif not path.lower().endswith(SUFFIX):
            self.drop_refused.emit(
                self.tr("{0} is no run file: only files that end in {1} can be opened.").format(
                    Path(path).name, SUFFIX
                )
            )
        else:
            self.file_chosen.emit(path)

    def _on_recent_triggered(self, number: int) -> None:
        if number < len(self._recent):
            self.file_chosen.emit(self._recent[number])

    # -- dialogs -----------------------------------------------------------------------------------------

    def _ask_where(
        self, title: str, suggested: str, choose: Callable[[str], None], again: Callable[[], None]
    ) -> None:
        dialog = self._dialog("save_dialog", title, lambda path: self._check_place(path, choose, again))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setFileMode(QFileDialog.FileMode.AnyFile)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite)  # it would ask before the suffix is added
        dialog.setDirectory(str(Path(suggested).parent))
        dialog.selectFile(Path(suggested).name)
        dialog.open()

    def _dialog(self, name: str, title: str, choose: Callable[[str], None]) -> QFileDialog:
        dialog = QFileDialog(self._window, title)
        dialog.setObjectName(name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setNameFilters([self.tr("Runs of Weightdeck (*{0})").format(SUFFIX), self.tr("All files (*)")])
        dialog.fileSelected.connect(choose)
        return dialog

    def _check_place(self, path: str, choose: Callable[[str], None], again: Callable[[], None]) -> None:
        """Add the suffix, and ask about a file that is there already."""
        path = path if path.lower().endswith(SUFFIX) else path + SUFFIX
        if not Path(path).exists():
            choose(path)
            return
        box = QMessageBox(self._window)
        box.setObjectName("replace_dialog")
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(self.tr("Replace the file?"))
        box.setTextFormat(Qt.TextFormat.PlainText)
        box.setText(self.tr("{0} is there already.").format(Path(path).name))
        box.setInformativeText(self.tr("Replacing it removes the run that it holds, for ever."))
        replace = box.addButton(self.tr("Replace"), QMessageBox.ButtonRole.DestructiveRole)
        other = box.addButton(self.tr("Another name…"), QMessageBox.ButtonRole.RejectRole)
        replace.setObjectName("replace")
        replace.setToolTip(self.tr("Write this run over the file"))
        other.setObjectName("another_name")
        other.setToolTip(self.tr("Leave the file as it is and choose another name (Esc)"))
        box.setDefaultButton(other)
        box.setEscapeButton(other)
        replace.clicked.connect(lambda: choose(path))
        other.clicked.connect(again)
        box.open()
