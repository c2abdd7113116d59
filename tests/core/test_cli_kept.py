"""The command ``train`` with a file: a run that is kept, interrupted and gone on with."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.kept_run import Captured, play, said
from weightdeck.cli import main
from weightdeck.headless import HeadlessRun
from weightdeck.run.commands import SetHyperparameter
from weightdeck.run.presets import load_preset

ROOT = Path(__file__).parents[2]
NO_SIGNALS = pytest.mark.skipif(sys.platform == "win32", reason="needs signals and limits")
ENDLESS = ["train", "--preset", "sort", "--batch_size", "4", "--steps", "1000000", "--json", "--out"]
LIMITED = """
import resource, sys
from weightdeck.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, 2 * (int(sys.argv[1]),))
sys.exit(main(sys.argv[2:]))
"""


def process(*arguments: str, most_bytes: int | None = None) -> subprocess.Popen[str]:
    """The command in a process of its own, in which no file can have more than `most_bytes`."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "core")}
    program = ["-m", "weightdeck"] if most_bytes is None else ["-c", LIMITED, str(most_bytes)]
    command = [sys.executable, *program, *arguments]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def test_a_new_run_in_a_file_is_the_run_without_one(tmp_path: Path, capsys: Captured) -> None:
    train = ["train", "--preset", "sort", "--steps", "6", "--seed", "3", "--json"]
    assert main(train) == 0
    plain, _ = said(capsys)
    assert main([*train, "--out", str(tmp_path / "run")]) == 0
    kept, err = said(capsys)
    file = tmp_path / "run.weightdeck"
    assert (kept[-1].pop("file"), kept[-1].pop("saved"), err) == (str(file), True, "")
    assert {**kept[-1], "steps_per_s": 0} == {**plain[-1], "steps_per_s": 0}
    assert [each.name for each in tmp_path.iterdir()] == [file.name], "one file without companions"


def test_a_run_in_pieces_is_the_run_in_one(run_path: Path, capsys: Captured) -> None:
    """Dropout is on in this preset."""
    assert main(["train", "--preset", "sort", "--steps", "5", "--out", str(run_path), "--json"]) == 0
    for _ in range(2):
        assert main(["train", str(run_path), "--steps", "4", "--json"]) == 0
    lines, err = said(capsys)
    whole = HeadlessRun(load_preset("sort"))
    whole.train(13)
    assert (lines[-1]["steps"], lines[-1]["state_sha256"]) == (13, whole.trainer.state_sha256())
    assert lines[-1]["train_loss"] == whole.history.metric("train_loss")[-1]
    assert err == "", "nothing had to be computed again"


def test_without_steps_it_goes_to_the_planned_end(
    kept: HeadlessRun, run_path: Path, capsys: Captured
) -> None:
    assert main(["train", str(run_path)]) == 0
    out = capsys.readouterr().out
    assert "from step 30, 10 steps" in out
    play_on = HeadlessRun(kept.trainer.spec)
    play(play_on)
    play_on.train(10)
    assert play_on.trainer.state_sha256() in out
    assert main(["train", str(run_path), "--json"]) == 0
    (result,), _ = said(capsys)
    assert (result["steps"], result["steps_per_s"]) == (40, None)
    assert result["train_loss"] == play_on.history.metric("train_loss")[-1]


def test_a_setting_that_is_given_becomes_a_command(
    kept: HeadlessRun, run_path: Path, capsys: Captured
) -> None:
    settings = ["--learning_rate", "0.002", "--batch_size", "8", "--beta1", "0.8"]
    assert main(["train", str(run_path), "--steps", "5", *settings, "--json"]) == 0
    (result,), _ = said(capsys)
    whole = HeadlessRun(kept.trainer.spec)
    play(whole)
    whole.apply(SetHyperparameter("learning_rate", 0.002))
    whole.apply(SetHyperparameter("beta1", 0.8))
    whole.train(5)
    assert result["state_sha256"] == whole.trainer.state_sha256()
    assert main(["log", str(run_path), "--json"]) == 0
    commands, _ = said(capsys)
    assert [each["words"] for each in commands[3:]] == ["set rate to 2e-3", "set momentum to 0.8"]
    assert main(["replay", str(run_path), "--json"]) == 0


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--seed", "4"], "FILE has its own seed"),
        (["--preset", "names"], "FILE has its own preset"),
        (["--threads", "2"], "FILE has its own threads"),
        (["--lr_schedule", "constant"], "FILE has its own lr_schedule"),
        (["--out", "other"], "FILE has its own out"),
        (["--learning_rate", "99"], "learning_rate must lie between 0 and 10"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_does_not_go_with_a_file(
    options: list[str], sentence: str, kept: HeadlessRun, run_path: Path, capsys: Captured
) -> None:
    before = run_path.read_bytes()
    assert main(["train", str(run_path), *options, "--json"]) == 2
    (result,), err = said(capsys)
    assert sentence in result["error"]
    assert err == f"weightdeck: {result['error']}\n"
    assert run_path.read_bytes() == before


def test_a_new_run_never_takes_the_place_of_a_file(run_path: Path, capsys: Captured) -> None:
    run_path.write_text("mine")
    assert main(["train", "--out", str(run_path.with_suffix(""))]) == 2
    assert f"There is {run_path} already" in capsys.readouterr().err
    assert run_path.read_text() == "mine"
    assert main(["train", "--out", str(run_path.parent / "no" / "run")]) == 1
    assert "There is no folder" in capsys.readouterr().err


def test_a_step_that_is_not_finite_keeps_what_was_before(run_path: Path, capsys: Captured) -> None:
    extreme = ["--learning_rate", "10", "--weight_decay", "10", "--warmup_iters", "0"]
    assert (
        main(["train", "--preset", "sort", "--steps", "60", *extreme, "--out", str(run_path), "--json"]) == 1
    )
    *_, result = said(capsys)[0]
    assert "was not kept" in result["error"]
    assert main(["replay", str(run_path), "--json"]) == 0
    (again,), _ = said(capsys)
    assert 0 < again["steps"] < 60


@NO_SIGNALS
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_everything_saved(
    number: signal.Signals, code: int, run_path: Path, capsys: Captured
) -> None:
    """While it runs others can read the file, and not write it."""
    with process(*ENDLESS, str(run_path)) as running:
        assert running.stdout is not None
        running.stdout.readline()
        assert main(["info", str(run_path), "--json"]) == 0
        assert main(["train", str(run_path), "--steps", "1", "--json"]) == 1
        (during, refused), _ = said(capsys)
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    assert during["step"] > 0
    assert "is open in another program" in refused["error"]
    assert running.returncode == code
    assert main(["info", str(run_path), "--json"]) == 0
    (info,), _ = said(capsys)
    assert info["keyframe_step"] == info["step"] >= during["step"]
    sentence = f"Stopped after step {info['step']:,}. `weightdeck train {run_path}` goes on."
    assert err == f"weightdeck: {sentence}\n"
    assert json.loads(out.splitlines()[-1]) == {"error": sentence}
    assert [each.name for each in run_path.parent.iterdir()] == [run_path.name]


@NO_SIGNALS
def test_a_killed_run_goes_on_as_if_nothing_had_been(run_path: Path, capsys: Captured) -> None:
    with process(*ENDLESS, str(run_path)) as running:
        assert running.stdout is not None
        reached = json.loads(running.stdout.readline())["step"]
        running.kill()
        running.communicate(timeout=60)
    assert main(["info", str(run_path), "--json"]) == 0
    assert main(["train", str(run_path), "--steps", "2", "--json"]) == 0
    (info, *_, result), err = said(capsys)
    assert info["step"] > reached / 2
    redone = info["step"] - info["keyframe_step"]
    assert err == (f"weightdeck: The last {redone:,} steps are computed again.\n" if redone else "")
    spec = load_preset("sort")
    whole = HeadlessRun(replace(spec, hyperparameters=spec.hyperparameters.with_value("batch_size", 4)))
    whole.train(info["step"] + 2)
    assert result["state_sha256"] == whole.trainer.state_sha256()


@NO_SIGNALS
@pytest.mark.parametrize(("most_bytes", "is_begun"), [(100_000, False), (1_300_000, True)])
def test_what_cannot_be_saved_is_told_and_ends_with_1(
    most_bytes: int, is_begun: bool, run_path: Path, capsys: Captured
) -> None:
    """No room from the start, and room for the start only."""
    options = ["--preset", "names", "--batch_size", "2", "--steps", "150"]
    with process("train", *options, "--out", str(run_path), "--json", most_bytes=most_bytes) as running:
        out, err = running.communicate(timeout=60)
    result = json.loads(out.splitlines()[-1])
    assert (running.returncode, result["steps"], result["saved"]) == (1, 150, False)
    assert err.endswith("The run is not saved to its end.\n")
    assert ("Training goes on in memory." in err) or is_begun
    assert run_path.exists() == is_begun
    if is_begun:
        assert main(["train", str(run_path), "--steps", "0", "--json"]) == 0, "what was saved is whole"
        (again,), _ = said(capsys)
        assert 0 < again["steps"] <= 150


def test_of_a_damaged_file_what_is_good_goes_on_elsewhere(
    kept: HeadlessRun, run_path: Path, capsys: Captured
) -> None:
    bad = bytearray(run_path.read_bytes())
    bad[len(bad) // 2] ^= 4
    run_path.write_bytes(bad)
    assert main(["info", str(run_path), "--json"]) == 1
    assert main(["train", str(run_path), "--steps", "2", "--json"]) == 0
    (refused, *_, result), err = said(capsys)
    assert "is damaged" in refused["error"]
    assert "is damaged" in err
    assert result["file"] == str(run_path.with_name("run (recovered).weightdeck"))
    assert run_path.read_bytes() == bad
    assert main(["replay", result["file"], "--json"]) == 0


@NO_SIGNALS
def test_all_is_saved_when_nobody_reads_the_results(run_path: Path, capsys: Captured) -> None:
    with process(*ENDLESS, str(run_path)) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.wait(timeout=60) == 1
    assert main(["info", str(run_path), "--json"]) == 0
    (info,), _ = said(capsys)
    assert info["keyframe_step"] == info["step"] > 0
