"""What is said of a document: title, banner, status line, and the offer after a crash. Never a false "saved"."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMenu

from tests.desktop.document_bench import DocumentBench, saved_run
from tests.desktop.fakes import small_spec
from weightdeck.run.document import DocumentStatus, Saving
from weightdeck.run.frame import Phase, Status
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.settings import Settings
from weightdeck_desktop.window import Window

FULL = "The disk is full, so the run is not saved since step 840."


@pytest.fixture
def bench(window: Window, settings: Settings, tmp_path: Path) -> Iterator[DocumentBench]:
    bench = DocumentBench(window, settings, tmp_path)
    yield bench
    bench.desk.end()


def left_behind(bench: DocumentBench, *runs: tuple[str, str]) -> None:
    """Notes of (path, state) by processes that have ended: nobody holds their locks."""
    bench.library.folder.mkdir()
    for number, (path, state) in enumerate(runs):
        note = bench.library.folder / f"open.99999{number}.ab.json"
        note.write_text(json.dumps({"path": path, "state": state, "pid": 999990 + number}))


def buttons(bench: DocumentBench) -> list[str]:
    found = bench.window.files.news.findChildren(BarButton)
    return [each.text() for each in found if each.objectName() != "dismiss_news"]


def test_the_title_says_name_and_state(bench: DocumentBench) -> None:
    assert bench.window.windowTitle() == "Weightdeck"
    path = bench.start(bench.saved_run())
    assert bench.window.windowTitle() == "mine[*] - saved"
    assert bench.window.windowFilePath() == path
    assert not bench.window.isWindowModified()


@pytest.mark.parametrize(
    ("saving", "words"),
    [
        (Saving.SUSPENDED, "saving suspended"),
        (Saving.READ_ONLY, "read only"),
        (Saving.MEMORY, "in memory"),
    ],
)
def test_a_run_that_is_not_saved_is_nowhere_called_saved(
    bench: DocumentBench, saving: Saving, words: str
) -> None:
    bench.start(bench.saved_run())
    bench.tell(saving=saving, problem=FULL)
    assert bench.window.windowTitle() == f"mine[*] - not saved: {words}"
    assert bench.window.isWindowModified()
    assert bench.banner.startswith(FULL)
    bench.window.show_run(small_spec())
    bench.window.show_status(Status(Phase.PAUSED, 1, document=DocumentStatus("", saving)), None, None)
    assert words in bench.window._line._facts
    assert " saved" not in bench.window._line._facts
    bench.act("save")
    bench.dialog("save_dialog").reject()


def test_the_status_line_says_nothing_of_saving_before_there_is_a_run(window: Window) -> None:
    window.show_status(Status(Phase.LOADING), None, None)
    assert "memory" not in window._line._facts
    window.show_run(small_spec())
    assert "memory" not in window._line._facts
    window.show_status(Status(Phase.PAUSED, 1, document=DocumentStatus("/a", Saving.SAVED)), None, None)
    assert window._line._facts.startswith("names · seed 1 · saved · 1 thread")


def test_the_banner_stays_until_saving_goes_on_and_that_is_told_once(bench: DocumentBench) -> None:
    bench.start()
    bench.tell(saving=Saving.SUSPENDED, problem=FULL)
    banner = bench.window.files.banner
    assert "saving goes on by itself" in bench.banner
    dismiss = banner.findChild(BarButton, "dismiss_problem")
    assert dismiss is not None
    assert dismiss.isHidden(), "what is true cannot be dismissed"
    bench.press(banner, "Save as…")
    bench.dialog("save_dialog").reject()
    assert bench.banner.startswith(FULL)
    bench.window.show_notice("")  # what else is said changes nothing of it
    bench.window.files.show_news("")
    assert bench.banner.startswith(FULL)
    bench.tell(saving=Saving.SUSPENDED, problem="The folder has gone.")
    assert bench.banner.startswith("The folder has gone.")
    bench.tell(saving=Saving.SAVED, problem="")
    assert bench.banner == ""
    assert bench.message == "Saving again: everything is in the file."
    bench.window.show_message("")
    bench.tell(step=12)
    assert bench.message == ""


def test_a_news_can_be_taken_away(bench: DocumentBench) -> None:
    bench.start()
    bench.refuses("That is a picture.")
    dismiss = bench.window.files.news.findChild(BarButton, "dismiss_news")
    assert dismiss is not None
    dismiss.click()
    assert bench.news == ""


def test_after_a_crash_the_run_is_offered_and_not_opened_by_itself(bench: DocumentBench) -> None:
    mine = bench.saved_run()
    left_behind(bench, (mine, "open"))
    untitled = bench.start()
    assert bench.news == "Weightdeck ended unexpectedly. Your run mine is kept as it was."
    assert bench.asked.path == untitled
    assert bench.recent[1] == "mine"
    bench.press(bench.window.files.news, "Open it")
    assert saved_run(bench.asked).path == mine
    bench.begins()
    assert bench.news == ""
    assert not Path(untitled).exists()


def test_a_run_that_crashed_while_opening_is_offered_with_a_warning(bench: DocumentBench) -> None:
    left_behind(bench, (bench.saved_run(), "opening"))
    bench.start()
    assert "while it was opening mine" in bench.news
    assert buttons(bench) == ["Open it"]


def test_windows_that_were_killed_together_are_offered_together(bench: DocumentBench) -> None:
    one, two = bench.saved_run("one"), bench.saved_run("two")
    left_behind(bench, (one, "open"), (two, "open"))
    bench.start()
    assert "Your runs" in bench.news
    assert sorted(buttons(bench)) == ["Open one", "Open two"]
    bench.press(bench.window.files.news, "Open two")
    assert saved_run(bench.asked).path == two


def test_a_run_that_has_gone_is_not_offered(bench: DocumentBench) -> None:
    left_behind(bench, (str(bench.folder / "gone.weightdeck"), "open"))
    bench.start()
    assert bench.news == ""


def test_the_offer_is_made_once(bench: DocumentBench) -> None:
    left_behind(bench, (bench.saved_run(), "open"))
    bench.start()
    assert len(list(bench.library.folder.glob("open.*.json"))) == 1, "our own"


def test_recent_runs_have_a_menu_of_their_own(bench: DocumentBench) -> None:
    bench.start(bench.saved_run("a & b"))
    menu = QMenu(bench.window)
    bench.window.registry.fill_menu(menu)
    recent = menu.findChild(QMenu, "recent_menu")
    assert recent is not None
    shown = [action.text() for action in recent.actions() if action.isVisible() and not action.isSeparator()]
    assert shown == ["a && b", "Clear list of recent runs"]
    assert recent.actions()[0].toolTip() == bench.asked.path
    menu.deleteLater()


def test_a_refused_save_is_forgotten_when_the_next_one_succeeds(bench: DocumentBench) -> None:
    bench.start()
    files = bench.window.files
    for problem, is_shown in (("The folder is not there.", True), ("", False)):
        files.save_copy_chosen.emit(str(bench.folder / "copy.weightdeck"))
        bench.answers(problem)
        assert files.news.isHidden() is not is_shown
    bench.refuses("That is a picture.")  # of another kind: it stays until it is taken away
    files.save_copy_chosen.emit(str(bench.folder / "copy.weightdeck"))
    bench.answers()
    assert not files.news.isHidden()


def test_a_run_that_is_opened_again_by_the_user_is_not_offered(bench: DocumentBench) -> None:
    mine, other = bench.saved_run(), bench.saved_run("other")
    left_behind(bench, (mine, "open"), (other, "open"))
    bench.start(mine)
    assert "Your run other is kept" in bench.news
    assert buttons(bench) == ["Open it"]
