"""The window changes nothing: a run that is watched, typed at and browsed ends in the bits of a headless one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import cycle

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from tests.desktop.running import hashes_of, show_all_panels, small_names, until, window_on
from weightdeck.run.frame import Baseline, Pace, Part, Phase
from weightdeck.run.inside import Patch
from weightdeck.run.presets import load_preset
from weightdeck.run.queries import Hashes
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import RunSpec
from weightdeck.run.subjects import BatchLoss, InPrompt, TapCell, TokenLoss
from weightdeck.training.trainer import Trainer
from weightdeck_desktop.app import Parts
from weightdeck_desktop.buttons import BarButton
from weightdeck_desktop.offscreen import live
from weightdeck_desktop.panels.slice_acts import SliceAct
from weightdeck_desktop.panels.tap_source import TapSource

STEPS = 200
TARGETS = tuple(map(ParameterSlice.parse, ("lm_head.weight[5]", "transformer.h.0.attn.c_proj.weight")))
KNOBS = (SliceAct.KNOB, SliceAct.KNOB_OWN, SliceAct.KNOB_READ)
TAPS = ("attn_out", "mlp.post", "mlp_out", "pattern", "resid_post")


def headless(spec: RunSpec, steps: int) -> Hashes:
    trainer = Trainer(spec)
    for _ in range(steps):
        trainer.train_step()
    return Hashes(trainer.weights_sha256(), trainer.state_sha256())


def acts_of_a_user(parts: Parts) -> Iterator[Callable[[], object]]:
    """What a restless user does, one act after the other, for as long as it is asked for."""
    line = parts.panels.predictions.findChild(QLineEdit)
    assert line is not None
    registry, panels = parts.window.registry, parts.panels

    def choose(tap: str) -> None:
        panels.activations.restore({"tap": tap})
        panels.activations.tap_chosen.emit(tap)

    while True:
        yield from acts_inside(parts)
        for key, tap in zip("annabel", cycle(TAPS)):
            yield lambda key=key: QTest.keyClicks(line, key)
            yield lambda tap=tap: choose(tap)
        yield lambda: QTest.keyClick(line, Qt.Key.Key_Backspace)
        yield line.clear
        for baseline in Baseline:
            yield lambda baseline=baseline: panels.predictions.baseline_chosen.emit(baseline)
            yield registry["mark"].trigger
            yield registry["before"].toggle
        for target in TARGETS:
            yield lambda target=target: panels.weights.browse_requested.emit(target)
            for act in KNOBS:
                yield lambda target=target, act=act: panels.browse.slice_act.emit(target, act)
            yield lambda target=target: panels.browse.slice_act.emit(target, SliceAct.COPY)
        for token in range(3):
            yield lambda token=token: panels.predictions.matter_requested.emit(token)
        yield lambda: panels.knobs.selected.emit(4)
        yield lambda: panels.knobs.remove_requested.emit(0)
        yield panels.knobs.suggest_requested.emit
        yield registry["find_knob"].trigger
        yield registry["workspace.turn"].trigger
        yield registry["workspace.watch"].trigger
        yield lambda: show_all_panels(parts)


def shown_source(parts: Parts) -> TapSource | None:
    """Whose numbers the transformer shows."""
    shown = parts.panels.transformer._shown
    return None if shown is None else shown.source


def is_done(parts: Parts) -> bool:
    return parts.deck.status.step >= STEPS and parts.deck.status.phase is Phase.PAUSED


def acts_inside(parts: Parts) -> Iterator[Callable[[], object]]:
    """What a curious user does in the workspace Inside."""
    panels = parts.panels
    line = panels.transformer.findChild(QLineEdit, "transformer_prompt_a")
    compare = panels.transformer.findChild(BarButton, "transformer_compare")
    assert line is not None
    assert compare is not None
    yield compare.click
    for source in (TapSource.GRADIENT, TapSource.DIFFERENCE):
        yield lambda source=source: panels.transformer._choose_source(source)
        yield lambda source=source: until(parts, lambda: shown_source(parts) is source or is_done(parts))
    yield lambda: panels.transformer._patch((Patch("embed"),))
    yield lambda: QTest.keyClicks(line, "ma")
    for cell in (TapCell(InPrompt("ma"), "blocks.1.mlp.post", (1, 5)), TokenLoss(0, 1), BatchLoss()):
        yield lambda cell=cell: panels.transformer.cell_chosen.emit(cell)
    yield lambda: panels.browse.slice_act.emit(ParameterSlice("lm_head.weight", (5, 1)), SliceAct.EXPLAIN)
    yield lambda: panels.neurons.study_requested.emit(1)
    yield lambda: panels.memory.again_requested.emit(1)
    yield lambda: panels.inspector.history_requested.emit("logits")
    yield lambda: panels.lens.history_requested.emit(0, 1)
    yield lambda: panels.batch.row_chosen.emit(2)
    yield compare.click
    yield lambda: panels.transformer._choose_source(TapSource.A)


@pytest.mark.parametrize(
    ("spec", "pace"),
    [(small_names(), Pace(steps_per_s=40.0)), (load_preset("names"), Pace())],
    ids=["small", "names"],
)
def test_a_watched_run_ends_in_the_same_bits(spec: RunSpec, pace: Pace) -> None:
    with window_on(spec) as parts:
        show_all_panels(parts)
        parts.panels.predictions.matter_requested.emit(0)
        until(parts, lambda: parts.deck._interest.parts == frozenset(Part))
        prompts_seen: set[str] = set()
        taps_seen: set[str] = set()
        sources_seen: set[TapSource | None] = set()
        parts.session.set_pace(pace)
        parts.session.play(until_step=STEPS)
        acts = acts_of_a_user(parts)
        while not is_done(parts):
            next(acts)()
            live(0.03)
            frame = parts.deck.frame
            if frame is None or not 0 < frame.step < STEPS:
                continue
            prompts_seen |= {prediction.prompt.text for prediction in frame.predictions or ()}
            sources_seen.add(shown_source(parts))
            taps_seen |= {frame.activations.tap} if frame.activations is not None else set()
        assert hashes_of(parts) == headless(spec, STEPS)
        assert len(prompts_seen) > 1, "prompts were answered while it trained"
        assert len(taps_seen) > 1, "and activations shown"
        assert parts.panels.explain.shown_subjects, "numbers were explained"
        assert TapSource.GRADIENT in sources_seen, "and gradients looked at"
