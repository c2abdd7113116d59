"""A short real run as a document, as the tests and harnesses of faults use it: edits, branches, bookmarks, notes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from weightdeck.probes.recorder import Recorder
from weightdeck.run.commands import EditSlice, SetHyperparameter, SetMuteTo, SetStrip, Undo
from weightdeck.run.document import KeepDesk, NameBranch, Place, SetBookmark, WriteNote
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.presets import load_preset
from weightdeck.run.slices import ParameterSlice
from weightdeck.run.spec import ModelSpec, RunSpec
from weightdeck.run.strips import Strip, StripSetting
from weightdeck.store.document import RunDocument
from weightdeck.store.opening import go_on, set_out
from weightdeck.store.run_file import KeyframeKey, LogRow, RunFile
from weightdeck.training.trainer import Trainer

STEP_S = 0.05  # of training, as the document is told: a keyframe every twelve steps on any machine
NOTES = ("bookmarks", "names", "note", "desk", "branch")


def small_spec(threads: int = 1) -> RunSpec:
    """Sort with a small model and the preset's dropout; a step takes a millisecond."""
    spec = load_preset("sort")
    settings = replace(spec.hyperparameters, batch_size=8, warmup_iters=5, max_iters=100_000)
    assert settings.dropout > 0.0
    model = ModelSpec(1, 2, 12, 11, 3, tied=True)
    return replace(spec, model=model, hyperparameters=settings, record_interval=20, threads=threads)


def make_document(path: Path | None, steps: int = 60) -> RunDocument:
    """Three branches of up to `steps` steps and two more seeds' first ones; the document is open still."""
    trainer = Trainer(small_spec())
    document = RunDocument.begin(trainer, path)
    train(document, trainer, steps // 2)
    edit(document, trainer)
    train(document, trainer, steps // 2)
    document.annotate(SetBookmark(document.head, "the end"), trainer)
    document.annotate(WriteNote("It learned to sort."))
    document.annotate(KeepDesk('{"knobs": [1, 2, 3]}' * 200))

    aside = Trainer(trainer.spec)
    way = document.way_to(Place(0, steps * 2 // 3))
    set_out(way, aside)
    while go_on(way, aside):
        pass
    document.fork(aside, way.place)
    edit(document, aside)
    train(document, aside, steps // 3)
    document.annotate(NameBranch(1, "another way"))

    other = Trainer(trainer.spec.with_seed(7))
    document.fork(other, None)
    train(document, other, steps // 3)
    document.annotate(SetBookmark(Place(2, steps // 3), "seed 7"), other)
    document.flush()
    return document


def train(document: RunDocument, trainer: Trainer, steps: int) -> None:
    recorder = Recorder(trainer)
    for _ in range(steps):
        if trainer.spec.records_at(trainer.step):
            document.recorded(recorder.record())
        document.stepped(trainer.train_step(), trainer, STEP_S)


def edit(document: RunDocument, trainer: Trainer) -> None:
    """Commands of several kinds."""
    for command in (
        EditSlice(ParameterSlice(EMBEDDING, (1,)), "scale", 1.5),
        EditSlice(ParameterSlice(EMBEDDING, (1, 2)), "set", 0.75),
        SetMuteTo("mean"),
        SetStrip(Strip(0, 1), StripSetting(muted=True)),
        SetHyperparameter("learning_rate", 2e-3),
        Undo(),
    ):
        document.before(command, trainer)
        trainer.apply(command)
        document.commanded(trainer.journal.since(len(trainer.journal) - 1)[0])


@dataclass(frozen=True, slots=True)
class Told:
    """All that a file tells through its own interface."""

    log: tuple[LogRow, ...]
    keyframes: dict[tuple[KeyframeKey, bytes, bytes], tuple[bytes, ...]]  # with the bytes of their pages
    notes: dict[str, bytes]

    @classmethod
    def by(cls, file: RunFile) -> Told:
        keyframes = {}
        for key in file.keyframes:
            stored = file.keyframe(key.number)
            keyframes[key, stored.tensors, stored.rest] = tuple(file.page(each) for each in stored.pages)
        return cls(tuple(file.log), keyframes, {name: file.note(name) for name in NOTES})


def head_sha256(document: RunDocument) -> str:
    """The state at the newest moment of the branch that trains, computed again from the nearest keyframe."""
    way = document.way_to(document.head)
    trainer = Trainer(document.branch.spec)
    set_out(way, trainer)
    while go_on(way, trainer):
        pass
    return trainer.state_sha256()
