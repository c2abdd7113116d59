"""Where untitled runs live, and the note that a killed program leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

import pytest

from weightdeck.resources import resource
from weightdeck.run.document import SUFFIX
from weightdeck.store.schema import APPLICATION_ID
from weightdeck_desktop.controller.open_note import Note, OpenNote
from weightdeck_desktop.controller.run_library import RunLibrary

NOW = datetime(2026, 11, 24, 2, 15, 59, tzinfo=UTC)

WINDOW = """
import os, sys
from pathlib import Path
from weightdeck_desktop.controller.open_note import OpenNote
note = OpenNote(Path(sys.argv[1]))
note.write(sys.argv[2], sys.argv[3])
print(os.getpid(), flush=True)
sys.stdin.readline()
os._exit(9)
"""


@contextmanager
def another_window(folder: Path, path: str, state: str = "open") -> Iterator[subprocess.Popen[str]]:
    """Another process that has noted a run; it is killed in the end."""
    command = [sys.executable, "-c", WINDOW, str(folder), path, state]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert int(process.stdout.readline()) == process.pid
        try:
            yield process
        finally:
            process.kill()


def test_an_untitled_run_has_a_name_that_can_be_read_and_that_no_other_has(tmp_path: Path) -> None:
    library = RunLibrary(tmp_path / "not" / "yet")
    first = library.new_path("names", NOW)
    assert first == str(tmp_path / "not" / "yet" / "names 2026-11-24 02.15.weightdeck")
    Path(first).touch()
    second = library.new_path("names", NOW)
    assert Path(second).name == "names 2026-11-24 02.15 (2).weightdeck"
    third = library.new_path("names", NOW, frozenset({second}))
    assert Path(third).name == "names 2026-11-24 02.15 (3).weightdeck", (
        "another window is about to write there"
    )
    assert library.owns(third)
    assert not library.owns(str(tmp_path / "mine.weightdeck"))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="directory"):
        RunLibrary(tmp_path / "file" / "runs").new_path("names", NOW)


def test_a_removed_run_leaves_nothing_beside_it(tmp_path: Path) -> None:
    library = RunLibrary(tmp_path)
    path = library.new_path("sort", NOW)
    for ending in ("", "-wal", "-shm"):
        Path(path + ending).touch()
    library.remove(path)
    library.remove(path)  # twice is once
    assert list(tmp_path.iterdir()) == []


def test_the_environment_names_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEIGHTDECK_RUNS", str(tmp_path / "mine"))
    assert RunLibrary.of_this_user().folder == tmp_path / "mine"
    monkeypatch.delenv("WEIGHTDECK_RUNS")
    assert RunLibrary.of_this_user().folder.name == "runs"


def test_a_clean_end_leaves_no_note(tmp_path: Path) -> None:
    note = OpenNote(tmp_path)
    note.write("/a.weightdeck", "opening")
    note.write("/a.weightdeck", "open")
    (file,) = tmp_path.glob("*.json")
    assert json.loads(file.read_text()) == {"path": "/a.weightdeck", "state": "open", "pid": os.getpid()}
    note.clear()
    assert list(tmp_path.iterdir()) == []
    note.write("/a.weightdeck", "open")
    note.write("", "open")  # a run in memory
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("state", ["opening", "open"])
def test_a_killed_window_is_told_once_and_a_living_one_never(tmp_path: Path, state: str) -> None:
    ours = OpenNote(tmp_path)
    ours.write("/ours.weightdeck", "open")
    with another_window(tmp_path, "/theirs.weightdeck", state) as process:
        assert ours.take_left() == [], "it lives"
        assert ours.of_others() == {"/theirs.weightdeck"}
    left = ours.take_left()
    assert left == [Note("/theirs.weightdeck", state, process.pid)]  # type: ignore[arg-type]
    assert ours.take_left() == []
    assert len(list(tmp_path.glob("*.json"))) == 1, "our own is still there"
    ours.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_window_that_had_our_process_id_is_told_too(tmp_path: Path) -> None:
    before = OpenNote(tmp_path)
    before.write("/before.weightdeck", "open")
    now = OpenNote(tmp_path)
    now.write("/now.weightdeck", "open")
    assert now.take_left() == [Note("/before.weightdeck", "open", os.getpid())]
    before.clear()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"\x00\xff", b"[]", b"{}", b"[" * 100_000, b'{"path": 3, "state": "open", "pid": 1}'),
        *(b'{"path": "", "state": "open", "pid": 1}', b'{"path": "/a", "state": "shut", "pid": 1}'),
    ],
    ids=range(8),
)
def test_a_note_that_is_none_is_dropped(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "open.1.abc.json").write_bytes(content)
    assert OpenNote(tmp_path).take_left() == []
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_raises_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    note = OpenNote(tmp_path / "file")
    note.write("/a.weightdeck", "open")
    assert note.take_left() == []
    note.clear()


def test_the_file_association_knows_a_run_by_its_name_and_by_its_content() -> None:
    mime = ElementTree.parse(resource("linux", "weightdeck.xml")).getroot()
    space = {"": "http://www.freedesktop.org/standards/shared-mime-info"}
    kind = mime.find("mime-type", space)
    assert kind is not None
    glob, mark = kind.find("glob", space), kind.find("magic/match/match", space)
    assert glob is not None
    assert mark is not None
    assert glob.get("pattern") == f"*{SUFFIX}"
    assert (mark.get("offset"), int(str(mark.get("value")), 16)) == ("68", APPLICATION_ID)
    entry = resource("linux", "weightdeck.desktop").read_text(encoding="utf-8").splitlines()
    assert f"MimeType={kind.get('type')};" in entry
    assert "Exec=weightdeck %f" in entry
