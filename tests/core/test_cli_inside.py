"""The commands that look inside a model: taps and explain."""

from __future__ import annotations

import errno
import io
import json
import math
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.core.kept_run import Captured, play, said
from weightdeck.cli.explain import _as_json
from weightdeck.cli.output import say
from weightdeck.cli.program import main
from weightdeck.headless import HeadlessRun
from weightdeck.model import reference
from weightdeck.probes.explain_written import figure
from weightdeck.probes.taps import taps_of
from weightdeck.run.document import NewRun
from weightdeck.run.explanation import Explanation, Fact, Operand, Rule, Term
from weightdeck.run.layout import tap_shapes
from weightdeck.run.spec import RunSpec
from weightdeck.run.subjects import InPrompt, TapCell


def explain(run_path: Path, tap: str, index: str, *options: str) -> int:
    asked = ["explain", str(run_path), "--prompt", "chri", "--tap", tap, f"--index={index}"]
    return main([*asked, *options, "--json"])


@pytest.mark.parametrize("step", [11, 30])
def test_every_tap_is_in_the_file_by_its_name(
    step: int, kept: HeadlessRun, run_path: Path, tmp_path: Path, capsys: Captured
) -> None:
    """Those of the run at that step: the strip at 20 mutes a head."""
    out = tmp_path / "taps.npz"
    out.write_bytes(b"what was there before")
    asked = ["taps", str(run_path), "--prompt", "chri", "--out", str(out), "--step", str(step), "--json"]
    assert main(asked) == 0
    (result,), err = said(capsys)
    then = HeadlessRun(kept.trainer.spec)
    play(then, step)
    ids = then.trainer.corpus.prompt("chri").ids
    shapes = tap_shapes(then.trainer.spec.model, 5)
    expected = taps_of(then.trainer.now, ids, frozenset(shapes))
    with np.load(out, allow_pickle=False) as file:
        assert list(file) == list(shapes)
        for name in file:
            assert (file[name].dtype, file[name].shape) == (np.float32, shapes[name])
            assert np.array_equal(file[name], expected[name]), name
        assert np.isneginf(file["blocks.0.attn.attn_scores"]).sum() == 2 * 10
        assert np.isclose(file["probs"].sum(-1), 1.0).all()
        assert (not file["blocks.0.attn.z"][1].any()) == (step == 30)
    assert (result["ids"], result["step"], result["branch"], err) == (list(ids), step, 0, "")
    assert result["taps"] == {name: list(shape) for name, shape in shapes.items()}
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".weightdeck")] == []


def test_names_and_shapes_are_those_of_the_design_and_numbers_the_references(
    kept: HeadlessRun, run_path: Path, tmp_path: Path, capsys: Captured
) -> None:
    """Of 2 blocks, 2 heads of 8 features, 27 tokens; the prompt is 5 tokens long."""
    out = tmp_path / "taps.npz"
    assert main(["taps", str(run_path), "--prompt", "chri", "--out", str(out), "--step", "11"]) == 0
    stream, heads, cells, neurons, tokens = (5, 16), (2, 5, 8), (2, 5, 5), (5, 64), (5, 27)
    of_block = {
        "resid_pre": stream,
        "ln1.normalized": stream,
        "attn.q": heads,
        "attn.k": heads,
        "attn.v": heads,
        "attn.attn_scores": cells,
        "attn.pattern": cells,
        "attn.z": heads,
        "attn_out": stream,
        "resid_mid": stream,
        "ln2.normalized": stream,
        "mlp.pre": neurons,
        "mlp.post": neurons,
        "mlp_out": stream,
        "resid_post": stream,
    }
    shapes = {"embed": stream, "pos_embed": stream, "ln_final.normalized": stream}
    shapes |= {"logits": tokens, "probs": tokens}
    for block in range(2):
        shapes |= {f"blocks.{block}.{name}": shape for name, shape in of_block.items()}
    then = HeadlessRun(kept.trainer.spec)
    play(then, 11)
    weights = {name: weight.detach().numpy() for name, weight in then.trainer.parameters.weights.items()}
    ids = np.array([then.trainer.corpus.prompt("chri").ids])
    expected = reference.forward(then.trainer.spec.model, weights, ids)
    with np.load(out, allow_pickle=False) as file:
        assert {name: file[name].shape for name in file} == shapes
        for name in file:
            wanted = expected[name][0]
            seen = np.isfinite(wanted)
            assert np.array_equal(file[name][~seen], wanted[~seen]), name
            worst = np.abs(file[name][seen] - wanted[seen]).max()
            assert worst <= 1e-5 * np.abs(wanted[seen]).max(), name


def test_taps_can_be_told_in_words(
    kept: HeadlessRun, run_path: Path, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "taps.npz"
    assert main(["taps", str(run_path), "--prompt", "Ab", "--out", str(out)]) == 0
    captured = capsys.readouterr()
    assert captured.out == f"{out}: 35 arrays of '·b' at step 30\n"
    assert "Left out: A." in captured.err


def test_a_number_is_explained_with_its_operands(
    kept: HeadlessRun, run_path: Path, tmp_path: Path, capsys: Captured
) -> None:
    out = tmp_path / "taps.npz"
    assert main(["taps", str(run_path), "--prompt", "chri", "--out", str(out)]) == 0
    capsys.readouterr()
    with np.load(out) as file:
        taps = dict(file)
    assert explain(run_path, "blocks.1.mlp.pre", "3,17") == 0
    (result,), err = said(capsys)
    assert (result["subject"], result["rule"], result["step"], err) == (
        "blocks.1.mlp.pre[3, 17]",
        "sum",
        30,
        "",
    )
    assert result["value"] == taps["blocks.1.mlp.pre"][3, 17]
    assert result["title"] == "neuron 17 of block 1 before its nonlinearity at “r” (token 3)"
    assert result["formula"]["symbols"] == "b + sum of x × w"
    assert result["formula"]["numbers"].endswith(f" = {figure(result['value'])}")
    products = [operand["product"] for operand in result["operands"]]
    assert sum(products) == pytest.approx(result["value"], abs=4e-6 * sum(map(abs, products)))
    assert len(products) == 17
    second = result["operands"][2]
    weight = "transformer.h.1.mlp.c_fc.weight[17, 1]"
    assert (second["label"], second["from"]) == (
        "norm 1 × weight",
        ["blocks.1.ln2.normalized[3, 1]", weight],
    )
    assert second["values"][0] == taps["blocks.1.ln2.normalized"][3, 1]
    assert second["values"][0] * second["values"][1] == second["product"]


def test_a_masked_score_is_the_text_minus_infinity(
    kept: HeadlessRun, run_path: Path, capsys: Captured
) -> None:
    assert explain(run_path, "blocks.0.attn.attn_scores", "0,1,3") == 0
    (result,), _ = said(capsys)
    assert (result["value"], result["rule"], result["operands"][0]["product"]) == ("-inf", "given", "-inf")
    assert result["note"].startswith("Masked: ")


def test_what_has_overflowed_is_a_text_too() -> None:
    """JSON has no such numbers; a run with weights this large may still be asked where they come from."""
    cell = TapCell(InPrompt("a"), "blocks.0.mlp.post", (0, 0))
    terms = (Term((Operand("neuron 0 before", math.nan),)),)
    facts = (Fact("share of a normal distribution below x", "P(x)", math.nan),)
    told = _as_json(Explanation(cell, 0, "", math.nan, Rule.GELU, "gelu(x) = x · P(x)", "", terms, facts))
    assert json.loads(json.dumps(told, allow_nan=False))["facts"][0]["value"] == "nan"


def test_an_explanation_can_be_read(kept: HeadlessRun, run_path: Path, capsys: Captured) -> None:
    asked = [
        "explain",
        str(run_path),
        "--prompt",
        "chri",
        "--tap",
        "probs",
        "--index",
        "4,19",
        "--step",
        "12",
    ]
    assert main(asked) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "probability of “s” after “i” (token 4), at step 12"
    assert lines[2] == "  = exp(x − m) / s"
    assert "operands, largest first (12 of 27)" in lines
    numbers = [float(line.split()[0].replace("−", "-")) for line in lines[-12:]]
    assert numbers == sorted(numbers, reverse=True), "those with the largest shares"
    assert all("logit of “" in line for line in lines[-12:])


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (("blocks.2.resid_mid", "0,0"), "no activation called 'blocks.2.resid_mid'"),
        (("mlp.pre", "0,0"), "no activation called 'mlp.pre'"),
        (("embed", "0"), "2 places (token, feature); 1 were given"),
        (("embed", "5,0"), "embed has no token 5: it counts from 0 to 4."),
        (("embed", "-1,0"), "embed has no token -1"),
        (("blocks.0.attn.z", "0,0,8"), "blocks.0.attn.z has no feature 8"),
    ],
)
def test_a_number_that_is_not_there_is_wrong_usage(
    cell: tuple[str, str], sentence: str, kept: HeadlessRun, run_path: Path, capsys: Captured
) -> None:
    assert explain(run_path, *cell) == 2
    (result,), err = said(capsys)
    assert sentence in result["error"]
    assert err == f"weightdeck: {result['error']}\n"


@pytest.mark.parametrize("index", ["", "1,", "a,b", "1.5,2"])
def test_an_index_that_is_none_cannot_be_parsed(index: str, run_path: Path) -> None:
    with pytest.raises(SystemExit) as end:
        explain(run_path, "embed", index)
    assert end.value.code == 2


def test_where_the_arrays_cannot_go(
    kept: HeadlessRun, run_path: Path, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "folder.npz").mkdir()
    run_as_npz = run_path.rename(tmp_path / "run.npz")
    whole = run_as_npz.read_bytes()
    for out, sentence in (
        (tmp_path / "taps.csv", "--out must end in .npz, not 'taps.csv'."),
        (tmp_path / "none" / "taps.npz", "There is no folder"),
        (tmp_path / "folder.npz", "is a folder"),
        (run_as_npz, "is the run itself"),
    ):
        assert main(["taps", str(run_as_npz), "--prompt", "a", "--out", str(out), "--json"]) == 2
        (result,), _ = said(capsys)
        assert sentence in result["error"]
    assert run_as_npz.read_bytes() == whole


def test_a_name_that_is_too_long_is_a_sentence(
    kept: HeadlessRun, run_path: Path, tmp_path: Path, capsys: Captured
) -> None:
    long, out = "x" * 300, tmp_path / "taps.npz"
    out.write_bytes(b"before")
    for source, written in (
        (run_path, tmp_path / f"{long}.npz"),
        (run_path, tmp_path / long / "taps.npz"),
        (tmp_path / long, out),
    ):
        assert main(["taps", str(source), "--prompt", "a", "--out", str(written), "--json"]) == 2
        (result,), _ = said(capsys)
        assert result["error"].endswith(f"{os.strerror(errno.ENAMETOOLONG)}. Choose another name.")
    assert out.read_bytes() == b"before"


def test_a_full_or_closed_disk_leaves_what_was_there(
    kept: HeadlessRun, run_path: Path, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "taps.npz"
    out.write_bytes(b"before")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("weightdeck.cli.whole_file.os.fsync", full)
    assert main(["taps", str(run_path), "--prompt", "a", "--out", str(out), "--json"]) == 1
    (result,), _ = said(capsys)
    assert result["error"] == f"{out} could not be written: No space left on device."
    assert out.read_bytes() == b"before"
    assert not list(tmp_path.glob(".weightdeck-*"))


def test_a_prompt_of_which_nothing_is_known_is_wrong_usage(
    run_path: Path, tmp_path: Path, sort_spec: RunSpec, capsys: Captured
) -> None:
    HeadlessRun(NewRun(sort_spec, str(run_path))).close()
    out = tmp_path / "taps.npz"
    for name, options in (("taps", ["--out", str(out)]), ("explain", ["--tap", "embed", "--index", "0,0"])):
        assert main([name, str(run_path), "--prompt", "xyz", *options, "--json"]) == 2
        (result,), _ = said(capsys)
        assert "There is nothing to predict from" in result["error"]
    assert not out.exists()


def test_a_pipe_that_lacks_a_character_is_written_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a pipe on Windows, which lacks the minus sign."""
    data = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(data, encoding="cp1252"))
    say("“i” × −1")
    assert data.getvalue().decode("cp1252").rstrip() == "“i” × ?1"
