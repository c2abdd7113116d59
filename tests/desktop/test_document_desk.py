"""New, Open, Recent, Save as, and what is done with untitled runs: the real window over a fake session."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QLineEdit, QMessageBox

from tests.desktop.document_bench import DocumentBench, new_run, saved_run
from tests.desktop.fakes import HEAD_S, metric_rows, small_spec
from weightdeck.run.commands import EditSlice
from weightdeck.run.document import Saving, SetBudget
from weightdeck.run.frame import Delivery, Phase, Status
from weightdeck.run.journal import JournalEntry
from weightdeck.run.presets import load_preset
from weightdeck.run.queries import SaveFile
from weightdeck_desktop.settings import Preferences, Settings
from weightdeck_desktop.window import Window


@pytest.fixture
def bench(
    window: Window, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[DocumentBench]:
    monkeypatch.setenv("HOME", str(tmp_path))
    bench = DocumentBench(window, settings, tmp_path)
    yield bench
    bench.desk.end()


def notes(bench: DocumentBench) -> list[str]:
    return [file.read_text() for file in bench.library.folder.glob("open.*.json")]


def type_path(bench: DocumentBench, name: str, path: str) -> None:
    """Type a path into the open file dialog and press Enter."""
    dialog = bench.dialog(name)
    assert isinstance(dialog, QFileDialog)
    field = dialog.findChild(QLineEdit, "fileNameEdit")
    assert field is not None
    field.setText(path)
    dialog.accept()
    QCoreApplication.processEvents()


# Beginning


def test_the_program_starts_on_an_untitled_run_that_has_a_file(bench: DocumentBench) -> None:
    bench.desk.start(small_spec())
    source = new_run(bench.asked)
    assert bench.session.calls == [("start", source)]
    assert source.spec == small_spec()
    assert Path(source.path).parent == bench.library.folder
    assert Path(source.path).name.startswith("names 2")
    assert '"opening"' in notes(bench)[0]
    bench.begins()
    assert '"open"' in notes(bench)[0]
    assert bench.recent == [Path(source.path).stem]
    assert bench.window.files.news.text == bench.window.files.banner.text == ""


def test_the_program_starts_on_a_file(bench: DocumentBench) -> None:
    path = bench.saved_run()
    assert bench.start(path) == path
    assert bench.session.calls[0] == ("start", saved_run(bench.asked))
    assert list(bench.library.folder.glob("*.weightdeck")) == []


def test_a_file_that_is_refused_at_the_start_gives_way_to_a_new_run(bench: DocumentBench) -> None:
    bench.desk.start(small_spec(), bench.saved_run())
    bench.refuses("That is a picture.")
    assert bench.news == "That is a picture."
    assert new_run(bench.asked).spec == small_spec()
    bench.begins()
    assert bench.news == "That is a picture.", "it stays until it is read"


def test_a_disk_that_takes_no_run_gives_way_to_memory(bench: DocumentBench) -> None:
    bench.desk.start(small_spec())
    bench.refuses("The disk is full.")
    assert new_run(bench.asked).path == ""
    bench.begins()
    bench.refuses("And now something else.")
    assert len(bench.session.calls) == 3, "start, open_run, annotate: no more runs are asked for"


def test_a_folder_that_cannot_be_made_is_told_as_long_as_the_run_is_in_memory(bench: DocumentBench) -> None:
    bench.library.folder.touch()  # a file is in the way
    bench.start()
    assert new_run(bench.asked).path == ""
    assert "cannot be made" in bench.banner
    assert "Save as keeps it" in bench.banner
    assert bench.window.windowTitle() == "names[*] - not saved: in memory"
    bench.act("save")
    type_path(bench, "save_dialog", str(bench.folder / "kept"))
    bench.answers()
    assert bench.banner == ""
    assert bench.window.windowTitle() == "kept[*] - saved"


# Leaving one run for another


def test_new_begins_another_run_of_the_preset_and_forgets_an_untouched_one(bench: DocumentBench) -> None:
    first = bench.start()
    heard: list[bool] = []
    bench.desk.leaving.connect(heard.append)
    bench.act("new")
    assert new_run(bench.asked).spec == load_preset("names")
    assert Path(first).exists(), "it is open until the next is"
    second = bench.begins()
    assert second != first
    assert not Path(first).exists()
    assert bench.recent == [f"{Path(second).stem}"]
    bench.act("preset.sort")
    assert new_run(bench.asked).spec == load_preset("sort")
    assert heard == [True, True]
    assert bench.settings.recent("presets") == ("sort", "names")


@pytest.mark.parametrize("what", ["step", "journal", "metrics", "note"])
def test_a_run_in_which_something_was_done_stays(bench: DocumentBench, what: str) -> None:
    first = bench.start()
    if what == "step":
        bench.tell(step=1)
        bench.tell(step=0)  # a branch at step 0
    elif what == "note":
        bench.tell(note="look at step 0")
    elif what == "journal":
        bench._deliver(journal=((JournalEntry(1, 0, EditSlice(HEAD_S, "set", 0.9)), "words"),))
    else:
        bench._deliver(metrics=metric_rows(3.3))
    bench.act("new")
    second = bench.begins()
    assert Path(first).exists()
    assert [Path(second).stem in bench.recent[0], Path(first).stem in bench.recent[1]] == [True, True]


def test_a_run_that_is_announced_before_its_status_is_not_taken_for_the_last(bench: DocumentBench) -> None:
    first = bench.start()
    bench.tell(step=3)
    bench.act("new")
    bench.announces()
    assert bench.window.windowFilePath() == first
    assert '"opening"' in notes(bench)[0]
    second = bench.begins()
    assert bench.window.windowFilePath() == second
    assert '"open"' in notes(bench)[0]
    assert Path(first).exists()
    assert Path(second).exists()


def test_a_branch_is_not_another_run(bench: DocumentBench) -> None:
    path = bench.start()
    bench.tell(step=5)
    asked = len(bench.session.calls)
    bench.begins(path)
    assert Path(path).exists()
    assert len(bench.session.calls) == asked


def test_a_run_that_is_asked_for_while_another_opens_is_not_taken_away(bench: DocumentBench) -> None:
    first = bench.start()
    mine = bench.saved_run()
    bench.window.files.file_chosen.emit(mine)
    bench.act("new")
    coming = new_run(bench.asked).path
    Path(coming).touch()  # the session has begun to make it
    bench.begins(mine)
    assert not Path(first).exists()
    assert Path(coming).exists()
    bench.begins(coming)
    assert Path(coming).exists()
    assert bench.window.windowTitle().startswith(Path(coming).stem)


def test_an_untouched_run_is_removed_at_the_end_with_the_note(bench: DocumentBench) -> None:
    bench.start()
    bench.desk.end()
    assert list(bench.library.folder.iterdir()) == []
    assert bench.settings.recent_files == ()


def test_what_was_done_in_the_last_moment_keeps_the_run(bench: DocumentBench) -> None:
    path = bench.start()
    bench.session.deliver(metrics=metric_rows(3.3))  # a step after the window's last look
    bench.desk.end()
    assert Path(path).exists()
    assert notes(bench) == []


# Opening


def test_open_asks_for_a_file_and_opens_it(bench: DocumentBench) -> None:
    bench.start()
    heard: list[bool] = []
    bench.desk.leaving.connect(heard.append)
    path = bench.saved_run()
    bench.act("open")
    type_path(bench, "open_dialog", path)
    assert saved_run(bench.asked).path == path
    assert heard == [False]
    bench.begins()
    assert bench.window.windowFilePath() == path
    assert f'"{path}"' in notes(bench)[0]


def test_what_is_refused_leaves_everything_as_it_was(bench: DocumentBench) -> None:
    first = bench.start()
    bad = bench.saved_run("bad")
    bench.window.files.file_chosen.emit(bad)
    assert f'"{bad}", "state": "opening"' in notes(bench)[0]
    bench.refuses("bad.weightdeck is not a run of Weightdeck.")
    assert bench.news == "bad.weightdeck is not a run of Weightdeck."
    assert f'"{first}", "state": "open"' in notes(bench)[0]
    assert bench.window.windowFilePath() == first
    assert Path(first).exists()
    assert bench.session.calls[-1] == ("open_run", saved_run(bench.asked)), "and nothing after it"


def test_a_recovered_run_is_known_by_its_new_file(bench: DocumentBench) -> None:
    bench.start()
    bench.window.files.file_chosen.emit(bench.saved_run())
    recovered = bench.saved_run("mine (recovered)")
    bench.begins(recovered)
    assert bench.recent == ["mine (recovered)"]
    assert f'"{recovered}"' in notes(bench)[0]


def test_the_run_that_is_open_is_not_opened_again(bench: DocumentBench) -> None:
    path = bench.start(bench.saved_run())
    asked = len(bench.session.calls)
    bench.window.files.file_chosen.emit(path)
    assert len(bench.session.calls) == asked
    assert bench.message == "mine is open already."


def test_recent_runs_are_the_newest_ten_and_open_again(bench: DocumentBench) -> None:
    bench.start()
    for number in range(12):
        bench.window.files.file_chosen.emit(bench.saved_run(f"run {number}"))
        bench.begins()
    assert bench.recent == [f"run {number}" for number in range(11, 1, -1)]
    bench.act("recent.3")
    assert Path(saved_run(bench.asked).path).stem == "run 8"
    bench.begins()
    assert bench.recent[0] == "run 8"
    bench.act("clear_recent")
    assert bench.recent == []
    assert not bench.window.registry["clear_recent"].isEnabled()
    assert Path(bench.saved_run("run 3")).exists()


def test_a_recent_run_that_has_gone_is_told_and_leaves_the_list(bench: DocumentBench) -> None:
    gone = bench.start(bench.saved_run("gone"))
    bench.window.files.file_chosen.emit(bench.saved_run("here"))
    bench.begins()
    Path(gone).unlink()
    asked = len(bench.session.calls)
    bench.act("recent.1")
    assert len(bench.session.calls) == asked
    assert "is not there any more" in bench.news
    assert bench.recent == ["here"]


# Saving


def test_save_gives_an_untitled_run_a_name_and_moves_it(bench: DocumentBench) -> None:
    untitled = bench.start()
    bench.tell(step=7)
    bench.act("save")
    assert bench.dialog("save_dialog").selectedFiles() == [str(bench.folder / Path(untitled).name)]
    wanted = str(bench.folder / "kept")
    type_path(bench, "save_dialog", wanted)
    assert bench.session.queries == [SaveFile(f"{wanted}.weightdeck", go_on_there=True)]
    assert Path(untitled).exists(), "nothing is taken away before the other is there"
    assert bench.window.windowTitle() == f"{Path(untitled).stem}[*] - saved"
    bench.answers()
    assert not Path(untitled).exists()
    assert bench.window.windowTitle() == "kept[*] - saved"
    assert bench.message == "Saved as kept.weightdeck. It is kept there from now on."
    assert bench.recent == ["kept"]
    assert f'"{wanted}.weightdeck"' in notes(bench)[0]
    bench.act("save")
    assert bench.message == "kept is saved already: a run is saved all the time."
    assert len(bench.session.queries) == 1


def test_what_could_not_be_saved_stays_where_it_was(bench: DocumentBench) -> None:
    untitled = bench.start()
    bench.window.files.save_as_chosen.emit(str(bench.folder / "kept.weightdeck"))
    bench.answers("The disk is full: nothing was written.")
    assert bench.news == "The disk is full: nothing was written."
    assert Path(untitled).exists()
    assert bench.window.windowFilePath() == untitled
    assert bench.message == ""


def test_a_run_with_a_name_is_not_removed_by_save_as(bench: DocumentBench) -> None:
    first = bench.start(bench.saved_run("first"))
    bench.window.files.save_as_chosen.emit(str(bench.folder / "second.weightdeck"))
    bench.answers()
    assert Path(first).exists()
    assert bench.recent == ["second", "first"]


def test_an_untitled_run_of_another_window_is_not_removed_by_save_as(bench: DocumentBench) -> None:
    bench.library.folder.mkdir()
    theirs = str(bench.library.folder / "names 2026-11-24 02.15.weightdeck")
    bench.desk.start(small_spec(), theirs)
    bench.begins(theirs, Saving.READ_ONLY)
    bench.window.files.save_as_chosen.emit(str(bench.folder / "mine.weightdeck"))
    bench.tell(path=str(bench.folder / "mine.weightdeck"), saving=Saving.SAVED)  # before the answer
    bench.answers()
    assert Path(theirs).exists()


def test_a_copy_leaves_the_run_where_it_is(bench: DocumentBench) -> None:
    path = bench.start()
    bench.act("save_copy")
    assert bench.dialog("save_dialog").selectedFiles()[0].endswith(" (copy).weightdeck")
    type_path(bench, "save_dialog", str(bench.folder / "copy.weightdeck"))
    query = bench.answers()
    assert not query.go_on_there
    assert bench.message == "A copy was saved as copy.weightdeck."
    assert bench.window.windowFilePath() == path
    assert Path(path).exists()
    bench.window.files.save_copy_chosen.emit(path)
    assert "A copy needs a file of its own" in bench.news
    assert len(bench.session.queries) == 1


@pytest.mark.parametrize("replace", [True, False])
def test_a_file_that_is_there_is_asked_about(bench: DocumentBench, replace: bool) -> None:
    bench.start()
    there = bench.saved_run("there")
    bench.act("save_as")
    type_path(bench, "save_dialog", there.removesuffix(".weightdeck"))
    box = bench.dialog("replace_dialog")
    assert isinstance(box, QMessageBox)
    assert box.text() == "there.weightdeck is there already."
    assert bench.session.queries == []
    (button,) = (each for each in box.buttons() if (each.objectName() == "replace") is replace)
    button.click()
    QCoreApplication.processEvents()
    if replace:
        assert bench.session.queries == [SaveFile(there, go_on_there=True)]
    else:
        assert bench.session.queries == []
        bench.dialog("save_dialog").reject()


def test_saving_waits_for_a_run(bench: DocumentBench) -> None:
    bench.window.set_enabled_engine(False)
    for key in ("save", "save_as", "save_copy"):
        assert not bench.window.registry[key].isEnabled()
    bench.desk.start(small_spec())
    bench.desk.receive(Delivery(Status(Phase.LOADING)))
    assert bench.window.windowTitle() == "Weightdeck", "nothing is said of a document that is not there"


def test_the_budget_of_keyframes_is_the_users(bench: DocumentBench) -> None:
    bench.start()
    assert bench.session.calls[-1] == ("annotate", SetBudget(200_000_000))
    bench.settings.preferences = Preferences(keyframe_megabytes=50)
    bench.window.preferences_changed.emit(bench.settings.preferences)
    assert bench.session.calls[-1] == ("annotate", SetBudget(50_000_000))
