"""Parameters, commands and losses in plain words."""

from __future__ import annotations

import math
from typing import get_args

import pytest

from weightdeck.run.commands import (
    AddNoise,
    Command,
    EditSlice,
    HoldSlices,
    Paste,
    Redo,
    Reinitialise,
    ResetStrips,
    SetClamp,
    SetHyperparameter,
    SetMuteTo,
    SetScope,
    SetStrip,
    Undo,
)
from weightdeck.run.layout import layout
from weightdeck.run.named_slices import named_slices, strip_slices
from weightdeck.run.presets import load_preset
from weightdeck.run.ranking import part_choices
from weightdeck.run.slices import Direction, ParameterSlice, SliceValues
from weightdeck.run.spec import HYPERPARAMETERS, ModelSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck.run.words import (
    _COMMAND_WORDS,
    along_words,
    command_title,
    number,
    perplexity_words,
    slice_title,
    slices_title,
    tensor_title,
)

VOCABULARY = ("·", *"abcdefghijklmnopqrstuvwxyz")
LAYOUT = layout(load_preset("names").model)


def test_every_tensor_has_words_of_its_own() -> None:
    names = [info.name for info in layout(ModelSpec(2, 1, 8, 8, 27)).tensors]
    titles = [tensor_title(name) for name in names]
    assert len(set(titles)) == len(names)
    assert not any("." in title or "_" in title for title in titles), "no internal name shows"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("lm_head.weight[19, 31]", "head [s, 31]"),
        ("lm_head.weight[19]", "head row s"),
        ("lm_head.weight[0:27, 31]", "head column 31"),
        ("transformer.wte.weight[9]", "embed row i"),
        ("transformer.wte.weight[0, 5]", "embed [start, 5]"),
        ("lm_head.weight[0]", "head row end"),
        ("transformer.wte.weight[1:4]", "embed rows a…c"),
        ("transformer.wte.weight[1:4, 5]", "embed [a…c, 5]"),
        ("transformer.wpe.weight[3]", "position 3"),
        ("transformer.wpe.weight[0:4]", "position 0…3"),
        ("transformer.wpe.weight[3, 5]", "position [3, 5]"),
        ("transformer.ln_f.weight", "final norm"),
        ("transformer.ln_f.weight[5]", "final norm [5]"),
        ("transformer.h.1.ln_2.bias[0:4]", "block 1 norm 2 bias [0…3]"),
        ("transformer.h.1.attn.c_attn.weight", "block 1 query key value"),
        ("transformer.h.1.attn.c_attn.weight[0:48]", "block 1 query"),
        ("transformer.h.1.attn.c_attn.bias[96:144]", "block 1 value bias"),
        ("transformer.h.1.attn.c_attn.weight[32:48]", "head 1.2 query"),
        ("transformer.h.1.attn.c_attn.weight[64:80, 5]", "head 1.1 key column 5"),
        ("transformer.h.1.attn.c_attn.weight[35]", "head 1.2 query row 35"),
        ("transformer.h.1.attn.c_attn.weight[35, 5]", "head 1.2 query [35, 5]"),
        ("transformer.h.1.attn.c_attn.weight[0:32]", "block 1 query rows 0…31"),
        ("transformer.h.1.attn.c_attn.weight[40:60]", "block 1 query key value rows 40…59"),
        ("transformer.h.1.attn.c_attn.bias[96:112]", "head 1.0 value bias"),
        ("transformer.h.1.attn.c_attn.bias[97]", "head 1.0 value bias [97]"),
        ("transformer.h.0.attn.c_proj.weight", "block 0 attention"),
        ("transformer.h.0.attn.c_proj.weight[7]", "block 0 attention row 7"),
        ("transformer.h.0.attn.c_proj.weight[0:48, 16:32]", "head 0.1 output"),
        ("transformer.h.0.attn.c_proj.weight[0:48, 17]", "head 0.1 output column 17"),
        ("transformer.h.0.attn.c_proj.bias", "block 0 attention bias"),
        ("transformer.h.0.mlp.c_fc.weight[17]", "block 0 MLP in neuron 17"),
        ("transformer.h.0.mlp.c_fc.weight[17:20]", "block 0 MLP in neurons 17…19"),
        ("transformer.h.2.mlp.c_fc.weight[0:4, 7]", "block 2 MLP in [0…3, 7]"),
        ("transformer.h.0.mlp.c_proj.weight[0:48, 5]", "block 0 MLP out column 5"),
        ("transformer.h.0.mlp.c_proj.weight[0:48, 5:9]", "block 0 MLP out columns 5…8"),
        ("transformer.h.0.mlp.c_proj.weight[3:4, 5:6]", "block 0 MLP out [3, 5]"),
    ],
)
def test_slices(text: str, title: str) -> None:
    assert slice_title(ParameterSlice.parse(text), VOCABULARY, LAYOUT) == title


def test_a_single_head_is_called_by_its_block() -> None:
    one_head = layout(ModelSpec(1, 1, 8, 8, 27))
    titles = [slice_title(named.target, VOCABULARY, one_head) for named in named_slices(one_head.model)]
    assert "block 0 query" in titles
    assert "block 0 attention" in titles
    assert not any(title.startswith("head 0.0") for title in titles)


def test_several_slices_are_called_by_the_part_that_they_make_up() -> None:
    for choice in part_choices(LAYOUT.model):
        title = slices_title(choice.slices, VOCABULARY, LAYOUT)
        assert title == (choice.title if len(choice.slices) > 1 else "head")
    rows = [ParameterSlice.parse(f"lm_head.weight[{row}]") for row in (1, 2, 3)]
    assert slices_title(rows, VOCABULARY, LAYOUT) == "head row a and 2 more"
    assert slices_title(rows[:1], VOCABULARY, LAYOUT) == "head row a"


NORM = ParameterSlice("transformer.ln_f.weight")
CELL = ParameterSlice("lm_head.weight", (1, 2))
ROW = ParameterSlice("transformer.wte.weight", (9,))
DIRECTION = SliceValues.of([0.6, 0.8])


@pytest.mark.parametrize(
    ("command", "title"),
    [
        (EditSlice(NORM, "scale", 0.4), "scale final norm by ×0.40"),
        (EditSlice(NORM, "scale", 0.4, reference=1.0), "scale final norm to ×0.40"),
        (EditSlice(NORM, "scale", 1e-4), "scale final norm by ×1.0e-4"),
        (EditSlice(NORM, "scale", 0.0), "zero final norm"),
        (EditSlice(CELL, "set", -0.5), "set head [a, 2] to -0.500"),
        (EditSlice(CELL, "set", 2e-5), "set head [a, 2] to +2.0e-5"),
        (EditSlice(CELL, "set", 0.0), "zero head [a, 2]"),
        (EditSlice(CELL, "add", 0.0), "add +0.000 to head [a, 2]"),
        (EditSlice(ParameterSlice("lm_head.weight", (1,)), "add", 0.25), "add +0.250 to head row a"),
        (
            EditSlice(ROW, "set", 0.41, along=Direction("own", DIRECTION, 1.0)),
            "move embed row i along itself to +0.410",
        ),
        (
            EditSlice(ROW, "add", -0.41, along=Direction("read", DIRECTION, 1.0, "chri")),
            "move embed row i along what it reads after “chri” by -0.410",
        ),
        (Reinitialise(ROW, 3), "re-initialise embed row i"),
        (Reinitialise(ROW), "back to step 0: embed row i"),
        (AddNoise(ROW, 0.1), "add noise to embed row i"),
        (Paste(ROW, DIRECTION), "paste into embed row i"),
        (HoldSlices((ROW,)), "hold embed row i"),
        (HoldSlices((ROW, NORM), held=False), "let go of embed row i and 1 more"),
        (HoldSlices(strip_slices(Strip(1, 2), LAYOUT.model)), "hold head 1.2"),
        (HoldSlices(strip_slices(Strip(0), LAYOUT.model), held=False), "let go of MLP 0"),
        (SetStrip(Strip(0, 1), StripSetting()), "strip 0.1: open"),
        (SetStrip(Strip(0, 1), StripSetting(muted=True)), "strip 0.1: muted"),
        (SetStrip(Strip(0), StripSetting(solo=True)), "strip MLP 0: solo"),
        (SetStrip(Strip(0, 1), StripSetting(0.4, muted=True)), "strip 0.1: muted, fader 0.40"),
        (SetStrip(Strip(0, 1), StripSetting(0.0)), "strip 0.1: fader 0.00"),
        (SetClamp(Neuron("blocks.0.mlp.post", 17), 0.5), "hold blocks.0.mlp.post[17] at 0.50"),
        (SetClamp(Neuron("blocks.0.mlp.post", 17), "mean"), "hold blocks.0.mlp.post[17] at its mean"),
        (SetClamp(Neuron("blocks.0.mlp.post", 17), None), "let go of blocks.0.mlp.post[17]"),
        (SetScope("prediction"), "strips act in prediction only"),
        (SetScope("everything"), "strips act in training and prediction"),
        (SetMuteTo("mean"), "muted strips go to their mean"),
        (SetMuteTo("zero"), "muted strips go to zero"),
        (ResetStrips(), "open all strips"),
        (SetHyperparameter("learning_rate", 3e-3), "set rate to 3e-3"),
        (Undo(), "undo"),
        (Undo(3), "undo 3 changes"),
        (Redo(), "redo"),
        (Redo(2), "redo 2 changes"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_commands(command: Command, title: str) -> None:
    assert command_title(command, VOCABULARY, LAYOUT) == title


def test_every_kind_of_command_has_words() -> None:
    assert set(_COMMAND_WORDS) == set(get_args(Command))


def test_a_title_shows_the_end_of_a_long_prompt() -> None:
    words = along_words(Direction("read", DIRECTION, 1.0, "x" * 10_000 + "christopher"))
    assert words == "along what it reads after “…xxxxchristopher”"


def test_every_setting_can_be_said() -> None:
    for name, known in HYPERPARAMETERS.items():
        assert command_title(SetHyperparameter(name, 0.5), VOCABULARY, LAYOUT) == f"set {known.label} to 0.5"


@pytest.mark.parametrize(
    ("value", "text"),
    [(32, "32"), (0.0, "0"), (0.1, "0.1"), (3e-3, "3e-3"), (1.25e-5, "1.25e-5"), (2.5, "2.5")],
)
def test_numbers(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (0.0, "1.0 letters"),
        (math.log(7.04), "7.0 letters"),
        (math.log(27), "27 letters"),
        (1000.0, "over a million letters"),
    ],
)
def test_losses(loss: float, text: str) -> None:
    assert perplexity_words(loss) == text
