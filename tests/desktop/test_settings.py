from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QByteArray, QSettings

from weightdeck_desktop.settings import MOST_PROMPTS, MOST_RECENT, Preferences, Settings

KNOBS: list[dict[str, object]] = [
    {"target": "lm_head.weight[5, 31]", "default": True},
    {"target": "transformer.wte.weight[9]", "default": False, "along": {"shape": [16], "values": "AAA/"}},
]


def open_settings(path: Path) -> Settings:
    return Settings(QSettings(str(path), QSettings.Format.IniFormat))


def test_a_new_file_reads_as_the_defaults(settings: Settings) -> None:
    assert settings.preferences == Preferences()
    assert settings.geometry.isEmpty()
    assert settings.layout("watch").isEmpty()
    assert settings.prompts("names") == ()
    assert settings.knobs("names") is None
    assert settings.panel_state("loss") == {}
    assert not settings.hint_was_seen("pause")


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "kept.ini"
    settings = open_settings(path)
    preferences = Preferences("light", 1.5, False, False, False, False, 1_500)
    settings.preferences = preferences
    settings.geometry = QByteArray(b"\x00geometry\xff")
    settings.set_layout("turn", QByteArray(bytes(range(256))))
    settings.workspace = "turn"
    settings.set_prompts("names", ('chri, the "first"', "ä=%;\n한국"))
    settings.set_panel_state("loss", {"smoothing": 0.9, "log_x": True, "tensors": ["a", 1]})
    settings.set_knobs("names", KNOBS)
    settings.set_knobs("sort", [])
    settings.set_hint_seen("pause")
    settings.add_recent("actions", "play")
    settings.recent_files = ("/b.weightdeck", '/a, "ä".weightdeck')
    settings.sync()
    again = open_settings(path)
    assert again.preferences == preferences
    assert again.geometry.data() == b"\x00geometry\xff"
    assert again.layout("turn").data() == bytes(range(256))
    assert again.workspace == "turn"
    assert again.prompts("names") == ('chri, the "first"', "ä=%;\n한국")
    assert again.panel_state("loss") == {"smoothing": 0.9, "log_x": True, "tensors": ["a", 1]}
    assert again.knobs("names") == KNOBS
    assert again.knobs("sort") == []
    assert again.hint_was_seen("pause")
    assert again.recent("actions") == ("play",)
    assert again.recent_files == ("/b.weightdeck", '/a, "ä".weightdeck')


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x00\xff\xfe not an ini file [[[",
        b"[General]\nversion=1\n[preferences]\ntheme=pink\ntext_scale=nan\nhints=perhaps\n",
        b"[General]\nversion=1\n[preferences]\nstart_by_itself=1, 2\n",
        b"[General]\nversion=1\n[preferences]\ntext_scale=-1e400\ntheme=\n",
        b"[General]\nversion=1\n[layout]\ngeometry=%%%\nworkspaces\\watch=@ByteArray(x)\n",
        b'[General]\nversion=1\n[panels]\nloss={"a": \n',
        b'[General]\nversion=1\n[panels]\nloss=[1, 2]\n[prompts]\nnames={}\n[recent]\nactions="[1, null]"\n',
        b'[General]\nversion=1\n[knobs]\nnames={"target": "lm_head.weight"}\n',
        b'[General]\nversion=1\n[knobs]\nnames="[{"\n',
        b'[General]\nversion=1\n[recent]\nfiles="[1, null, \\"\\"]"\n[preferences]\nkeyframe_megabytes=many\n',
    ],
)
def test_broken_and_foreign_files_read_as_defaults(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.ini"
    path.write_bytes(content)
    settings = open_settings(path)
    defaults = Preferences()
    assert settings.preferences.theme == defaults.theme
    assert 1.0 <= settings.preferences.text_scale <= 2.0
    assert settings.preferences.hints is defaults.hints
    assert settings.preferences.keyframe_megabytes == defaults.keyframe_megabytes
    assert settings.recent_files == ()
    assert settings.preferences.start_by_itself is defaults.start_by_itself
    assert settings.geometry.isEmpty()
    assert settings.layout("watch").isEmpty()
    assert settings.panel_state("loss") == {}
    assert settings.prompts("names") == ()
    assert settings.knobs("names") is None
    assert settings.recent("actions") == ()


@given(kept=st.text(max_size=40))
def test_no_text_in_any_place_raises(tmp_path_factory: pytest.TempPathFactory, kept: str) -> None:
    store = QSettings(str(tmp_path_factory.mktemp("any") / "any.ini"), QSettings.Format.IniFormat)
    for key in (
        "preferences/text_scale",
        "preferences/keyframe_megabytes",
        "recent/files",
        "layout/geometry",
        "panels/loss",
        "prompts/names",
        "knobs/names",
        "recent/actions",
        "version",
    ):
        store.setValue(key, kept)
    settings = Settings(store)
    assert 1.0 <= settings.preferences.text_scale <= 2.0
    assert 10 <= settings.preferences.keyframe_megabytes <= 10_000
    assert isinstance(settings.recent_files, tuple)
    assert isinstance(settings.geometry, QByteArray)
    assert isinstance(settings.panel_state("loss"), dict)
    assert isinstance(settings.prompts("names"), tuple)
    assert isinstance(settings.knobs("names"), list | None)
    assert isinstance(settings.recent("actions"), tuple)


def test_layouts_of_another_version_are_forgotten_but_not_the_choices(tmp_path: Path) -> None:
    path = tmp_path / "old.ini"
    settings = open_settings(path)
    settings.preferences = Preferences(theme="light")
    settings.set_layout("watch", QByteArray(b"old"))
    settings.sync()
    store = QSettings(str(path), QSettings.Format.IniFormat)
    store.setValue("version", "0")
    newer = Settings(store)
    assert newer.layout("watch").isEmpty()
    assert newer.preferences.theme == "light"


def test_a_folder_that_cannot_be_written_to_raises_nothing(tmp_path: Path) -> None:
    obstacle = tmp_path / "file"
    obstacle.write_text("no folder")
    settings = open_settings(obstacle / "settings.ini")
    settings.preferences = Preferences(theme="dark")
    settings.sync()
    assert settings.preferences.theme == "dark"  # for this session


@pytest.mark.parametrize(
    ("kept", "read"), [("1", 10), ("999999", 10_000), ("10", 10), ("-5", 10), ("1e3", 200)]
)
def test_the_budget_has_a_range(tmp_path: Path, kept: str, read: int) -> None:
    path = tmp_path / "budget.ini"
    path.write_text(f"[General]\nversion=1\n[preferences]\nkeyframe_megabytes={kept}\n")
    assert open_settings(path).preferences.keyframe_megabytes == read


def test_lists_stay_short(settings: Settings) -> None:
    settings.recent_files = tuple(f"/{number}" for number in (1, 2, 1, *range(20)))
    assert settings.recent_files == ("/1", "/2", "/0", "/3", "/4", "/5", "/6", "/7", "/8", "/9")
    settings.set_prompts("names", ("a", "b", "c"))
    assert settings.prompts("names") == ("a", "b", "c")[:MOST_PROMPTS]
    for number in range(20):
        settings.add_recent("actions", str(number % 12))
    recent = settings.recent("actions")
    assert recent[0] == "7"
    assert len(recent) == len(set(recent)) == MOST_RECENT
