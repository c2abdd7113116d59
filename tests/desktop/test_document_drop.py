"""What is dropped on the window: one run is opened, anything else is answered with a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from tests.desktop.document_bench import DocumentBench, saved_run
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.window import Window


@pytest.fixture
def bench(window: Window, settings: Settings, tmp_path: Path) -> Iterator[DocumentBench]:
    bench = DocumentBench(window, settings, tmp_path)
    yield bench
    bench.desk.end()


def drop(window: Window, *urls: str) -> bool:
    """Drop these on the window; whether it takes them."""
    mime = QMimeData()
    mime.setUrls([QUrl(url) if "://" in url else QUrl.fromLocalFile(url) for url in urls])
    copy, left, no = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(600, 400), copy, mime, left, no)
    QCoreApplication.sendEvent(window, enter)
    if enter.isAccepted():
        QCoreApplication.sendEvent(window, QDropEvent(QPoint(600, 400), copy, mime, left, no))
    QCoreApplication.processEvents()
    return enter.isAccepted()


def test_a_run_that_is_dropped_is_opened(bench: DocumentBench) -> None:
    bench.start()
    path = bench.saved_run("drüben & mehr")
    assert drop(bench.window, path)
    assert saved_run(bench.asked).path == path


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (("a.weightdeck", "b.weightdeck"), "one file at a time"),
        (("a.png",), "a.png is no run file"),
        (("https://example.org/a.weightdeck",), "not a file of this computer"),
    ],
)
def test_what_cannot_be_opened_is_answered_with_a_sentence(
    bench: DocumentBench, names: tuple[str, ...], sentence: str
) -> None:
    bench.start()
    asked = len(bench.session.calls)
    assert drop(bench.window, *names)
    assert sentence in bench.news
    assert len(bench.session.calls) == asked


def test_words_that_are_dropped_are_left_to_those_who_want_them(window: Window) -> None:
    mime = QMimeData()
    mime.setText("chri")
    enter = QDragEnterEvent(
        QPoint(600, 400),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QCoreApplication.sendEvent(window, enter)
    assert not enter.isAccepted()
