"""The commands about run files: a run that is kept, gone on with, looked into, computed again and asked."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from weightdeck.cli import main
from weightdeck.headless import HeadlessRun
from weightdeck.probes.predictions import predict
from weightdeck.run.commands import EditSlice, SetHyperparameter, SetStrip
from weightdeck.run.document import NewRun, Place, SavedRun, SetBookmark
from weightdeck.run.journal import JournalEntry
from weightdeck.run.presets import load_preset
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Strip, StripSetting
from weightdeck.training import trainer as trainer_module

ROOT = Path(__file__).parents[2]
KNOB = ParameterSlice.parse("lm_head.weight[5, 3]")
Captured = pytest.CaptureFixture[str]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.weightdeck"


@pytest.fixture
def kept(path: Path, names_spec: RunSpec) -> HeadlessRun:
    """Thirty steps with a knob, a setting and a strip on the way; closed, in `path`."""
    run = HeadlessRun(NewRun(names_spec, str(path)))
    play(run)
    run.close()
    return run


def play(run: HeadlessRun, steps: int = 30) -> None:
    """The story of `kept`, or its first steps."""
    story = {
        8: EditSlice(KNOB, "set", 1.5),
        12: SetHyperparameter("learning_rate", 5e-3),
        20: SetStrip(Strip(0, 1), StripSetting(muted=True)),
    }
    for step in range(steps + 1):
        if step in story:
            run.apply(story[step])
        if step < steps:
            run.step()


def said(capsys: Captured) -> tuple[list[dict[str, Any]], str]:
    """The JSON lines on standard output, and standard error."""
    captured = capsys.readouterr()
    return [json.loads(line) for line in captured.out.splitlines()], captured.err


def process(*arguments: str, limit: Callable[[], None] | None = None) -> subprocess.Popen[str]:
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "core")}
    command = [sys.executable, "-m", "weightdeck", *arguments]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=limit,
    )


# Training


def test_a_new_run_in_a_file_is_the_run_without_one(tmp_path: Path, capsys: Captured) -> None:
    train = ["train", "--preset", "sort", "--steps", "6", "--seed", "3", "--json"]
    assert main(train) == 0
    ((plain), _) = said(capsys)
    assert main([*train, "--out", str(tmp_path / "run")]) == 0
    (kept, err) = said(capsys)
    file = tmp_path / "run.weightdeck"
    assert (kept[-1].pop("file"), kept[-1].pop("saved"), err) == (str(file), True, "")
    assert {**kept[-1], "steps_per_s": 0} == {**plain[-1], "steps_per_s": 0}
    assert [each.name for each in tmp_path.iterdir()] == [file.name], "one file without companions"


def test_a_run_in_pieces_is_the_run_in_one(path: Path, capsys: Captured) -> None:
    """Dropout is on in this preset."""
    assert main(["train", "--preset", "sort", "--steps", "5", "--out", str(path), "--json"]) == 0
    for _ in range(2):
        assert main(["train", str(path), "--steps", "4", "--json"]) == 0
    lines, err = said(capsys)
    whole = HeadlessRun(load_preset("sort"))
    whole.train(13)
    assert (lines[-1]["steps"], lines[-1]["state_sha256"]) == (13, whole.trainer.state_sha256())
    assert lines[-1]["train_loss"] == whole.history.metric("train_loss")[-1]
    assert err == "", "nothing had to be computed again"


def test_without_steps_it_goes_to_the_planned_end(kept: HeadlessRun, path: Path, capsys: Captured) -> None:
    assert main(["train", str(path)]) == 0
    out = capsys.readouterr().out
    assert "from step 30, 10 steps" in out
    play_on = HeadlessRun(kept.trainer.spec)
    play(play_on)
    play_on.train(10)
    assert play_on.trainer.state_sha256() in out
    assert main(["train", str(path), "--json"]) == 0
    (result,), _ = said(capsys)
    assert (result["steps"], result["steps_per_s"]) == (40, None)
    assert result["train_loss"] == play_on.history.metric("train_loss")[-1]


def test_a_setting_that_is_given_becomes_a_command(kept: HeadlessRun, path: Path, capsys: Captured) -> None:
    settings = ["--learning_rate", "0.002", "--batch_size", "8", "--beta1", "0.8"]
    assert main(["train", str(path), "--steps", "5", *settings, "--json"]) == 0
    (result,), _ = said(capsys)
    whole = HeadlessRun(kept.trainer.spec)
    play(whole)
    whole.apply(SetHyperparameter("learning_rate", 0.002))
    whole.apply(SetHyperparameter("beta1", 0.8))
    whole.train(5)
    assert result["state_sha256"] == whole.trainer.state_sha256()
    assert main(["log", str(path), "--json"]) == 0
    commands, _ = said(capsys)
    assert [each["words"] for each in commands[3:]] == ["set rate to 2e-3", "set momentum to 0.8"]
    assert main(["replay", str(path), "--json"]) == 0


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        (["--seed", "4"], 2, "FILE has its own seed"),
        (["--preset", "names"], 2, "FILE has its own preset"),
        (["--threads", "2"], 2, "FILE has its own threads"),
        (["--lr_schedule", "constant"], 2, "FILE has its own lr_schedule"),
        (["--out", "other"], 2, "FILE has its own out"),
        (["--learning_rate", "99"], 2, "learning_rate must lie between 0 and 10"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_what_does_not_go_with_a_file(
    options: list[str], code: int, sentence: str, kept: HeadlessRun, path: Path, capsys: Captured
) -> None:
    before = path.read_bytes()
    assert main(["train", str(path), *options, "--json"]) == code
    (result,), err = said(capsys)
    assert sentence in result["error"]
    assert err == f"weightdeck: {result['error']}\n"
    assert path.read_bytes() == before


def test_a_new_run_never_takes_the_place_of_a_file(path: Path, capsys: Captured) -> None:
    path.write_text("mine")
    assert main(["train", "--out", str(path.with_suffix(""))]) == 2
    assert f"There is {path} already" in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert main(["train", "--out", str(path.parent / "no" / "run")]) == 1
    assert "There is no folder" in capsys.readouterr().err


def test_a_step_that_is_not_finite_keeps_what_was_before(path: Path, capsys: Captured) -> None:
    extreme = ["--learning_rate", "10", "--weight_decay", "10", "--warmup_iters", "0"]
    assert main(["train", "--preset", "sort", "--steps", "60", *extreme, "--out", str(path), "--json"]) == 1
    *_, result = said(capsys)[0]
    assert "was not kept" in result["error"]
    assert main(["replay", str(path), "--json"]) == 0
    (again,), _ = said(capsys)
    assert 0 < again["steps"] < 60


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_it_with_everything_saved(
    number: signal.Signals, code: int, path: Path, capsys: Captured
) -> None:
    """While it runs the file can be read and not be written by others."""
    options = ["--preset", "sort", "--batch_size", "4"]
    with process("train", *options, "--steps", "1000000", "--out", str(path), "--json") as running:
        assert running.stdout is not None
        reached = json.loads(running.stdout.readline())["step"]
        assert main(["info", str(path), "--json"]) == 0
        assert main(["train", str(path), "--steps", "1", "--json"]) == 1
        (info, refused), _ = said(capsys)
        running.send_signal(number)
        out, err = running.communicate(timeout=60)
    assert 0 < info["step"] <= json.loads(out.splitlines()[-2])["step"] if len(out.splitlines()) > 1 else True
    assert "is open in another program" in refused["error"]
    assert running.returncode == code
    assert err.startswith("weightdeck: Stopped after step ")
    assert json.loads(out.splitlines()[-1])["error"] in err
    assert main(["train", str(path), "--steps", "3", "--json"]) == 0
    lines, err = said(capsys)
    assert err == "", "nothing had to be computed again"
    steps = lines[-1]["steps"]
    assert steps > reached
    assert lines[-1]["state_sha256"] == _uninterrupted(path, steps)


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
def test_a_killed_run_goes_on_as_if_nothing_had_been(path: Path, capsys: Captured) -> None:
    options = ["--preset", "sort", "--batch_size", "4"]
    with process("train", *options, "--steps", "1000000", "--out", str(path), "--json") as running:
        assert running.stdout is not None
        json.loads(running.stdout.readline())
        running.kill()
        running.communicate(timeout=60)
    assert main(["info", str(path), "--json"]) == 0
    (info,), _ = said(capsys)
    assert main(["train", str(path), "--steps", "2", "--json"]) == 0
    lines, err = said(capsys)
    redone = info["step"] - info["keyframe_step"]
    assert err == (f"weightdeck: The last {redone:,} steps are computed again.\n" if redone else "")
    assert lines[-1]["steps"] == info["step"] + 2
    assert lines[-1]["state_sha256"] == _uninterrupted(path, info["step"] + 2)


def _uninterrupted(path: Path, steps: int) -> str:
    """The state of the same run without a file; `path` only says what it started from."""
    run = HeadlessRun(SavedRun(str(path)))
    run.close()
    whole = HeadlessRun(run.trainer.spec)
    whole.train(steps)
    return whole.trainer.state_sha256()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on file sizes")
def test_what_cannot_be_saved_is_told_and_ends_with_1(path: Path) -> None:
    import resource

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, 1_500_000))

    with process(
        "train", "--preset", "names", "--steps", "8", "--out", str(path), "--json", limit=limit
    ) as running:
        out, err = running.communicate(timeout=60)
    result = json.loads(out.splitlines()[-1])
    whole = HeadlessRun(load_preset("names"))
    whole.train(8)
    assert result["state_sha256"] == whole.trainer.state_sha256(), "it trained to its end in memory"
    assert (running.returncode, result["saved"]) == (0, True)
    assert err == ""


# Looking into a file


def test_info_tells_what_there_is(kept: HeadlessRun, path: Path, capsys: Captured) -> None:
    before = path.read_bytes()
    assert main(["info", str(path), "--json"]) == 0
    (info,), err = said(capsys)
    trainer = kept.trainer
    expected = {
        "file": str(path),
        "preset": "names",
        "seed": 1,
        "threads": 1,
        "parameters": trainer.parameters.layout.num_parameters,
        "step": 30,
        "max_iters": 40,
        "train_loss": kept.history.metric("train_loss")[-1],
        "val_loss": kept.history.validation()[1][-1],
        "val_loss_step": 30,
        "branch": 0,
        "bookmarks": [],
        "commands": 3,
        "numerics": trainer.numerics,
        "is_of_this_machine": True,
        "keyframe_step": 30,
        "weights_sha256": trainer.weights_sha256(),
        "state_sha256": trainer.state_sha256(),
        "note": "",
    }
    assert {name: info[name] for name in expected} == expected
    assert info["model"]["n_embd"] == 16
    assert info["keyframes"]["count"] >= 2
    assert info["bytes"] >= info["keyframes"]["bytes"] > 0
    assert [(each["number"], each["head"]) for each in info["branches"]] == [(0, 30)]
    assert (path.read_bytes(), err) == (before, "")
    assert main(["info", str(path)]) == 0
    assert "step             30 of 40" in capsys.readouterr().out


def test_branches_and_bookmarks_are_told(path: Path, names_spec: RunSpec, capsys: Captured) -> None:
    run = HeadlessRun(NewRun(names_spec, str(path)))
    run.train(4)
    assert run.document is not None
    run.document.annotate(SetBookmark(Place(0, 4), "here"), run.trainer)
    run.document.keep(run.trainer)
    run.document.fork(run.trainer, Place(0, 4))
    run.apply(SetHyperparameter("learning_rate", 0.01))
    run.train(3)
    run.close()
    assert main(["info", str(path), "--json"]) == 0
    assert main(["log", str(path), "--branch", "0", "--json"]) == 0
    assert main(["log", str(path)]) == 0
    out = capsys.readouterr().out.splitlines()
    info = json.loads(out[0])
    assert info["bookmarks"] == [{"branch": 0, "step": 4, "name": "here"}]
    assert [(each["parent"], each["from_step"], each["head"]) for each in info["branches"]] == [
        (None, 0, 4),
        (0, 4, 7),
    ]
    assert (info["branch"], info["step"]) == (1, 7)
    assert out[1:] == ["        4  set rate to 0.01"], "branch 0 has no command, branch 1 has one"
    for branch, steps in ((0, 4), (1, 7)):
        assert main(["replay", str(path), "--branch", str(branch), "--json"]) == 0
        (result,), _ = said(capsys)
        assert (result["steps"], result["matches"]) == (steps, True)


def test_the_log_tells_commands_in_words(kept: HeadlessRun, path: Path, capsys: Captured) -> None:
    assert main(["log", str(path), "--json"]) == 0
    lines, _ = said(capsys)
    assert lines == [
        {"step": 8, "words": "set head [e, 3] to +1.500"},
        {"step": 12, "words": "set rate to 5e-3"},
        {"step": 20, "words": "strip 0.1: muted"},
    ]


def test_a_run_that_no_hand_touched_has_no_log(path: Path, names_spec: RunSpec, capsys: Captured) -> None:
    HeadlessRun(NewRun(names_spec, str(path))).close()
    assert main(["log", str(path)]) == 0
    assert capsys.readouterr().out == "Nothing was done by hand.\n"
    assert main(["log", str(path), "--json"]) == 0
    assert capsys.readouterr().out == ""


# Computing it again


def test_replay_matches(kept: HeadlessRun, path: Path, capsys: Captured) -> None:
    assert main(["replay", str(path), "--json"]) == 0
    (result,), err = said(capsys)
    assert (result["steps"], result["matches"], result["difference"], err) == (30, True, "", "")
    assert result["weights_sha256"] == kept.trainer.weights_sha256()
    assert result["losses_compared"] == 30
    assert result["keyframes_compared"] >= 2
    part = HeadlessRun(kept.trainer.spec)
    play(part, 12)
    assert main(["replay", str(path), "--to", "12", "--json"]) == 0
    (result,), _ = said(capsys)
    assert (result["steps"], result["weights_sha256"]) == (12, part.trainer.weights_sha256())
    assert main(["replay", str(path)]) == 0
    assert "all the same" in capsys.readouterr().out


def test_replay_finds_a_command_that_never_took_effect(
    path: Path, names_spec: RunSpec, capsys: Captured
) -> None:
    run = HeadlessRun(NewRun(names_spec, str(path)))
    run.train(5)
    assert run.document is not None
    run.document.commanded(JournalEntry(1, 5, SetHyperparameter("learning_rate", 0.5)))
    run.train(5)
    run.document.flush()
    run.document.close()
    assert main(["replay", str(path), "--json"]) == 1
    (result,), err = said(capsys)
    assert (result["steps"], result["matches"]) == (10, False)
    assert "The training loss of step 6 is" in result["difference"]
    assert err == f"weightdeck: {result['difference']}\n"
    assert main(["replay", str(path), "--to", "5", "--json"]) == 0, "up to there it is right"


def test_replay_finds_a_keyframe_of_another_state(path: Path, names_spec: RunSpec, capsys: Captured) -> None:
    run = HeadlessRun(NewRun(names_spec, str(path)))
    run.train(5)
    run.trainer.parameters.flat[7] += 1.0
    run.close()
    assert main(["replay", str(path), "--json"]) == 1
    (result,), _ = said(capsys)
    assert result["difference"] == "The keyframe at step 5 holds another state than the replay."


def test_other_arithmetic_is_told(
    path: Path, names_spec: RunSpec, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    with monkeypatch.context() as other:
        other.setattr(trainer_module, "NUMERICS_REVISION", 0)
        run = HeadlessRun(NewRun(names_spec, str(path)))
        run.train(6)
        run.close()
    assert main(["replay", str(path), "--json"]) == 0
    (result,), err = said(capsys)
    assert not result["is_of_this_machine"]
    assert "made with other arithmetic" in err
    assert main(["info", str(path), "--json"]) == 0
    (info,), _ = said(capsys)
    assert (info["is_of_this_machine"], info["numerics"][-10:]) == (False, "revision 0")
    predict_at = ["predict", str(path), "--prompt", "a", "--json", "--step"]
    assert main([*predict_at, "6"]) == 0, "a keyframe is the truth everywhere"
    assert main([*predict_at, "5"]) == 1
    assert "cannot be computed again here. The nearest step that can be asked is 0." in said(capsys)[1]


# Asking it


@pytest.mark.parametrize("step", [0, 11, 12, 20, 25, 30])
def test_a_prediction_is_that_of_the_run_at_that_step(
    step: int, kept: HeadlessRun, path: Path, capsys: Captured
) -> None:
    """Commands that took effect at a step belong to it: the strip at 20 mutes a head."""
    assert main(["predict", str(path), "--prompt", "chri", "--top", "4", "--step", str(step), "--json"]) == 0
    (result,), err = said(capsys)
    then = HeadlessRun(kept.trainer.spec)
    play(then, step)
    expected = predict(then.trainer.now, then.trainer.corpus.prompt("chri"))
    assert expected is not None
    order = expected.probs.argsort(kind="stable")[::-1][:4]
    assert result["ids"] == [0, 3, 8, 18, 9]
    assert [(each["id"], each["p"]) for each in result["next"]] == [
        (token, expected.probs[token]) for token in order
    ]
    assert result["next"][0]["token"] == then.trainer.corpus.tokenizer.vocabulary[order[0]]
    assert (result["step"], err) == (step, "")


def test_prompts_are_seen_as_in_the_window(kept: HeadlessRun, path: Path, capsys: Captured) -> None:
    assert main(["predict", str(path), "--prompt", "Ab" + "c" * 20, "--top", "99", "--json"]) == 0
    (result,), err = said(capsys)
    assert (len(result["ids"]), len(result["next"])) == (16, 27)
    assert result["ids"][:2] == [0, 3]
    assert sum(each["p"] for each in result["next"]) == pytest.approx(1.0)
    assert "Left out: A." in err
    assert "its first 6 known characters were left out" in err
    assert main(["predict", str(path), "--prompt", ""]) == 0
    assert capsys.readouterr().out.startswith("after '·', at step 30\n")


def test_an_impossible_prompt_is_wrong_usage(path: Path, sort_spec: RunSpec, capsys: Captured) -> None:
    HeadlessRun(NewRun(sort_spec, str(path))).close()
    assert main(["predict", str(path), "--prompt", "", "--json"]) == 2
    (result,), err = said(capsys)
    assert "There is nothing to predict from" in result["error"]
    assert err.count("\n") == 1


# What is none


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["predict", "--prompt", "a", "--step", "31"], "branch 0 has come to step 30"),
        (["predict", "--prompt", "a", "--branch", "1"], "This run has no branch 1; it has 1."),
        (["log", "--branch", "-1"], "This run has no branch -1; it has 1."),
        (["replay", "--to", "31"], "There is no step 31 yet"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_moment_that_is_not_there(
    arguments: list[str], sentence: str, kept: HeadlessRun, path: Path, capsys: Captured
) -> None:
    command, *options = arguments
    assert main([command, str(path), *options, "--json"]) == 2
    (result,), err = said(capsys)
    assert sentence in result["error"]
    assert err == f"weightdeck: {result['error']}\n"


@pytest.mark.parametrize("command", ["info", "log", "replay", "train", "predict"])
def test_a_file_that_is_no_run_is_a_sentence(command: str, path: Path, capsys: Captured) -> None:
    options = ["--prompt", "a"] if command == "predict" else []
    for make in (lambda: None, lambda: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))):
        make()
        assert main([command, str(path), *options, "--json"]) == 1
        (result,), err = said(capsys)
        assert str(path) in result["error"]
        assert err == f"weightdeck: {result['error']}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["info"],
        ["predict", "a.weightdeck"],
        ["predict", "a", "--prompt", "a", "--top", "0"],
        ["replay", "a", "--to", "-1"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_parsed(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


@pytest.mark.parametrize("command", ["info", "replay", "predict", "log"])
def test_help_fits_a_terminal(command: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        main([command, "--help"])
    assert end.value.code == 0
    assert all(len(line) <= 100 for line in capsys.readouterr().out.splitlines())
