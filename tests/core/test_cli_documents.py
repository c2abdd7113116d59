"""The commands that read run files: info, log, replay, predict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.core.kept_run import Captured, play, said
from weightdeck.cli import main
from weightdeck.headless import HeadlessRun
from weightdeck.probes.predictions import predict
from weightdeck.run.commands import SetHyperparameter
from weightdeck.run.document import NewRun, Place, SetBookmark
from weightdeck.run.journal import JournalEntry
from weightdeck.run.spec import RunSpec
from weightdeck.training import trainer as trainer_module

# Looking into a file


def test_info_tells_what_there_is(kept: HeadlessRun, run_path: Path, capsys: Captured) -> None:
    before = run_path.read_bytes()
    assert main(["info", str(run_path), "--json"]) == 0
    (info,), err = said(capsys)
    trainer = kept.trainer
    expected = {
        "file": str(run_path),
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
    assert (run_path.read_bytes(), err) == (before, "")
    assert main(["info", str(run_path)]) == 0
    assert "step             30 of 40" in capsys.readouterr().out


def test_branches_and_bookmarks_are_told(run_path: Path, names_spec: RunSpec, capsys: Captured) -> None:
    run = HeadlessRun(NewRun(names_spec, str(run_path)))
    run.train(4)
    assert run.document is not None
    run.document.annotate(SetBookmark(Place(0, 4), "here"), run.trainer)
    run.document.keep(run.trainer)
    run.document.fork(run.trainer, Place(0, 4))
    run.apply(SetHyperparameter("learning_rate", 0.01))
    run.train(3)
    run.close()
    assert main(["info", str(run_path), "--json"]) == 0
    assert main(["log", str(run_path), "--branch", "0", "--json"]) == 0
    assert main(["log", str(run_path)]) == 0
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
        assert main(["replay", str(run_path), "--branch", str(branch), "--json"]) == 0
        (result,), _ = said(capsys)
        assert (result["steps"], result["matches"]) == (steps, True)


def test_the_log_tells_commands_in_words(kept: HeadlessRun, run_path: Path, capsys: Captured) -> None:
    assert main(["log", str(run_path), "--json"]) == 0
    lines, _ = said(capsys)
    assert lines == [
        {"step": 8, "words": "set head [e, 3] to +1.500"},
        {"step": 12, "words": "set rate to 5e-3"},
        {"step": 20, "words": "strip 0.1: muted"},
    ]


def test_a_run_that_no_hand_touched_has_no_log(run_path: Path, names_spec: RunSpec, capsys: Captured) -> None:
    HeadlessRun(NewRun(names_spec, str(run_path))).close()
    assert main(["log", str(run_path)]) == 0
    assert capsys.readouterr().out == "Nothing was done by hand.\n"
    assert main(["log", str(run_path), "--json"]) == 0
    assert capsys.readouterr().out == ""


# Computing it again


def test_replay_matches(kept: HeadlessRun, run_path: Path, capsys: Captured) -> None:
    assert main(["replay", str(run_path), "--json"]) == 0
    (result,), err = said(capsys)
    assert (result["steps"], result["matches"], result["difference"], err) == (30, True, "", "")
    assert result["weights_sha256"] == kept.trainer.weights_sha256()
    assert result["losses_compared"] == 30
    assert result["keyframes_compared"] >= 2
    part = HeadlessRun(kept.trainer.spec)
    play(part, 12)
    assert main(["replay", str(run_path), "--to", "12", "--json"]) == 0
    (result,), _ = said(capsys)
    assert (result["steps"], result["weights_sha256"]) == (12, part.trainer.weights_sha256())
    assert main(["replay", str(run_path)]) == 0
    assert "all the same" in capsys.readouterr().out


def test_replay_finds_a_command_that_never_took_effect(
    run_path: Path, names_spec: RunSpec, capsys: Captured
) -> None:
    run = HeadlessRun(NewRun(names_spec, str(run_path)))
    run.train(5)
    assert run.document is not None
    run.document.commanded(JournalEntry(1, 5, SetHyperparameter("learning_rate", 0.5)))
    run.train(5)
    run.document.flush()
    run.document.close()
    assert main(["replay", str(run_path), "--json"]) == 1
    (result,), err = said(capsys)
    assert (result["steps"], result["matches"]) == (10, False)
    assert "The training loss of step 6 is" in result["difference"]
    assert err == f"weightdeck: {result['difference']}\n"
    assert main(["replay", str(run_path), "--to", "5", "--json"]) == 0, "up to there it is right"


def test_replay_finds_a_keyframe_of_another_state(
    run_path: Path, names_spec: RunSpec, capsys: Captured
) -> None:
    run = HeadlessRun(NewRun(names_spec, str(run_path)))
    run.train(5)
    run.trainer.parameters.flat[7] += 1.0
    run.close()
    assert main(["replay", str(run_path), "--json"]) == 1
    (result,), _ = said(capsys)
    assert result["difference"] == "The keyframe at step 5 holds another state than the replay."


def test_other_arithmetic_is_told(
    run_path: Path, names_spec: RunSpec, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    with monkeypatch.context() as other:
        other.setattr(trainer_module, "NUMERICS_REVISION", 0)
        run = HeadlessRun(NewRun(names_spec, str(run_path)))
        run.train(6)
        run.close()
    assert main(["replay", str(run_path), "--json"]) == 0
    (result,), err = said(capsys)
    assert not result["is_of_this_machine"]
    assert "made with other arithmetic" in err
    assert main(["info", str(run_path), "--json"]) == 0
    (info,), _ = said(capsys)
    assert (info["is_of_this_machine"], info["numerics"][-10:]) == (False, "revision 0")
    predict_at = ["predict", str(run_path), "--prompt", "a", "--json", "--step"]
    assert main([*predict_at, "6"]) == 0, "a keyframe is the truth everywhere"
    assert main([*predict_at, "5"]) == 1
    assert "cannot be computed again here. The nearest step that can be asked is 0." in said(capsys)[1]


# Asking it


@pytest.mark.parametrize("step", [0, 11, 12, 20, 25, 30])
def test_a_prediction_is_that_of_the_run_at_that_step(
    step: int, kept: HeadlessRun, run_path: Path, capsys: Captured
) -> None:
    """Commands that took effect at a step belong to it: the strip at 20 mutes a head."""
    assert (
        main(["predict", str(run_path), "--prompt", "chri", "--top", "4", "--step", str(step), "--json"]) == 0
    )
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


def test_prompts_are_seen_as_in_the_window(kept: HeadlessRun, run_path: Path, capsys: Captured) -> None:
    assert main(["predict", str(run_path), "--prompt", "Ab" + "c" * 20, "--top", "99", "--json"]) == 0
    (result,), err = said(capsys)
    assert (len(result["ids"]), len(result["next"])) == (16, 27)
    assert result["ids"][:2] == [0, 3]
    assert sum(each["p"] for each in result["next"]) == pytest.approx(1.0)
    assert "Left out: A." in err
    assert "its first 6 known characters were left out" in err
    assert main(["predict", str(run_path), "--prompt", ""]) == 0
    assert capsys.readouterr().out.startswith("after '·', at step 30\n")


def test_an_impossible_prompt_is_wrong_usage(run_path: Path, sort_spec: RunSpec, capsys: Captured) -> None:
    HeadlessRun(NewRun(sort_spec, str(run_path))).close()
    assert main(["predict", str(run_path), "--prompt", "", "--json"]) == 2
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
    arguments: list[str], sentence: str, kept: HeadlessRun, run_path: Path, capsys: Captured
) -> None:
    command, *options = arguments
    assert main([command, str(run_path), *options, "--json"]) == 2
    (result,), err = said(capsys)
    assert sentence in result["error"]
    assert err == f"weightdeck: {result['error']}\n"


@pytest.mark.parametrize("command", ["info", "log", "replay", "train", "predict"])
def test_a_file_that_is_no_run_is_a_sentence(command: str, run_path: Path, capsys: Captured) -> None:
    options = ["--prompt", "a"] if command == "predict" else []
    for make in (lambda: None, lambda: run_path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))):
        make()
        assert main([command, str(run_path), *options, "--json"]) == 1
        (result,), err = said(capsys)
        assert str(run_path) in result["error"]
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
