"""Any panel's picture to the clipboard or a file, and its numbers as CSV."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from weightdeck_desktop.panels.panel import Panel

_CSS_DOTS_PER_INCH = 96  # by definition; a pixel on screen is then a pixel of the drawing


def png_bytes(panel: Panel) -> bytes:
    """The panel as it is on screen, as a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    panel.grab().save(buffer, "PNG")
    return bytes(buffer.data().data())


def svg_bytes(panel: Panel) -> bytes:
    """The panel as an SVG file: text and lines stay text and lines, what it caches as pixels stays pixels."""
    data = QByteArray()
    buffer = QBuffer(data)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setTitle(panel.title)
    generator.setSize(panel.size())
    generator.setResolution(_CSS_DOTS_PER_INCH)
    generator.setViewBox(QRect(QPoint(0, 0), panel.size()))
    painter = QPainter(generator)
    panel.render(painter, QPoint(0, 0))
    painter.end()
    return bytes(data.data())


def csv_bytes(table: list[list[str]]) -> bytes:
    """Rows as a CSV file (RFC 4180, UTF-8)."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(table)
    return text.getvalue().encode()


def write_file(path: Path, data: bytes) -> None:
    """Write all of `data` or leave what was there. Raises ``ValueError`` with a sentence for the user."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise ValueError(f"{path.name} could not be written to {path.parent}: {error.strerror}.") from error


class Exporter(QObject):
    """The menu of a panel and what it does. Says how it went; the files are the user's choice alone."""

    done = Signal(str)  # a sentence
    failed = Signal(str)  # a sentence

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window

    def show_menu(self, panel: Panel, place: QPoint) -> None:
        """Open the copy-and-save menu of `panel` at a global position."""
        menu = QMenu(self._window)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, handler in (
            (self.tr("Copy picture"), self.copy_picture),
            (self.tr("Save picture as PNG…"), self.save_png),
            (self.tr("Save picture as SVG…"), self.save_svg),
            (self.tr("Save numbers as CSV…"), self.save_csv),
        ):
            action = QAction(text, menu)
            action.triggered.connect(lambda _checked=False, handler=handler: handler(panel))
            menu.addAction(action)
        menu.actions()[-1].setEnabled(panel.table() is not None)
        menu.popup(place)

    def copy_picture(self, panel: Panel) -> None:
        QGuiApplication.clipboard().setPixmap(panel.grab())
        self.done.emit(self.tr("The picture of {0} is on the clipboard.").format(panel.title))

    def save_png(self, panel: Panel) -> None:
        self._save(panel, "png", self.tr("Picture (*.png)"), lambda: png_bytes(panel))

    def save_svg(self, panel: Panel) -> None:
        self._save(panel, "svg", self.tr("Drawing (*.svg)"), lambda: svg_bytes(panel))

    def save_csv(self, panel: Panel) -> None:
        table = panel.table()
        if table is None:
            self.failed.emit(self.tr("{0} has no numbers to save yet.").format(panel.title))
            return
        self._save(panel, "csv", self.tr("Table (*.csv)"), lambda: csv_bytes(table))

    def _save(self, panel: Panel, suffix: str, kind: str, data: Callable[[], bytes]) -> None:
        proposal = f"weightdeck-{panel.key}.{suffix}"
        name, _ = QFileDialog.getSaveFileName(
            self._window, self.tr("Save {0}").format(panel.title), proposal, kind
        )
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(f"{name}.{suffix}")
        try:
            write_file(path, data())
        except ValueError as problem:
            self.failed.emit(str(problem))
        else:
            self.done.emit(self.tr("Saved {0}.").format(path))
