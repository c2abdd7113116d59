"""Two moments side by side: what is told is what two trainers of their own have, and the run does not notice."""

from __future__ import annotations

import numpy as np
import pytest

from tests.core.watcher import ONE, ROW, Watcher, headless
from weightdeck.probes.comparison import command_words, setting_words
from weightdeck.probes.predictions import divergence, predict
from weightdeck.run.commands import Command, EditSlice, HoldSlices, SetClamp, SetHyperparameter, SetStrip
from weightdeck.run.document import Place
from weightdeck.run.frame import Phase
from weightdeck.run.journal import Journal, JournalEntry
from weightdeck.run.layout import EMBEDDING
from weightdeck.run.queries import CompareMoments, MomentComparison
from weightdeck.run.spec import RunSpec
from weightdeck.run.strips import Neuron, Strip, StripSetting
from weightdeck.session.comparing import Comparing
from weightdeck.store.document import RunDocument
from weightdeck.training.replay import replay
from weightdeck.training.trainer import Trainer

PROMPTS = ("chri", "ma")
EDIT = EditSlice(ROW, "scale", 3.0)
FASTER = SetHyperparameter("learning_rate", 5e-3)
MUTED = SetStrip(Strip(0, 1), StripSetting(muted=True))
HEAD = EditSlice(ONE, "set", 0.5)


def compare(watcher: Watcher, a: Place, b: Place, *prompts: str) -> MomentComparison:
    number = watcher.session.ask(CompareMoments(a, b, prompts))
    watcher.until(lambda: number in watcher.answers)
    answer = watcher.answers[number]
    assert answer.problem == ""
    assert isinstance(answer.value, MomentComparison)
    return answer.value


def play_to(watcher: Watcher, step: int) -> None:
    watcher.session.play(until_step=step)
    watcher.until_step(step)
    watcher.until_phase(Phase.PAUSED)


def two_branches(watcher: Watcher) -> None:
    """Branch 0: an edit at 5, to step 14, the head at 9. Branch 1 leaves it at 8, learns faster and mutes a head."""
    play_to(watcher, 5)
    watcher.session.submit(EDIT)
    play_to(watcher, 9)
    watcher.session.submit(HEAD)
    play_to(watcher, 14)
    watcher.session.seek(Place(0, 8))
    watcher.session.play_from_here()
    watcher.until(lambda: len(watcher.runs) == 2 and watcher.status.document.branch == 1)
    watcher.session.submit(FASTER)
    play_to(watcher, 10)
    watcher.session.submit(MUTED)
    play_to(watcher, 17)


def by_hand(spec: RunSpec, steps: int, *entries: JournalEntry) -> Trainer:
    journal = Journal()
    for entry in entries:
        journal.append(entry)
    return replay(spec, journal, steps)


def test_two_branches_equal_two_trainers(ready: Watcher, names_spec: RunSpec) -> None:
    two_branches(ready)
    found = compare(ready, Place(0, 12), Place(1, 17), *PROMPTS)
    edit = JournalEntry(1, 5, EDIT)
    a = by_hand(names_spec, 12, edit, JournalEntry(2, 9, HEAD))
    b = by_hand(names_spec, 17, edit, JournalEntry(3, 8, FASTER), JournalEntry(4, 10, MUTED))
    assert (found.a, found.b) == (Place(0, 12), Place(1, 17))
    for (text, tokens), (of_a, of_b), nats, prompt in zip(
        found.prompts, found.probs, found.divergences, PROMPTS, strict=True
    ):
        there = predict(b.now, b.corpus.prompt(prompt), a.now)
        assert there is not None
        assert (text, tokens) == (prompt, there.prompt.tokens)
        np.testing.assert_array_equal(of_a, there.before)
        np.testing.assert_array_equal(of_b, there.probs)
        assert nats == there.divergence == divergence(of_a, of_b) > 0.0
    assert [name for name, *_ in found.tensors] == [info.name for info in a.parameters.layout.tensors]
    for name, size, change in found.tensors:
        old = a.parameters.tensor(name).double().numpy()
        new = b.parameters.tensor(name).double().numpy()
        assert size == pytest.approx(np.sqrt(np.mean(old**2)), rel=1e-12)
        assert change == pytest.approx(np.sqrt(np.mean((new - old) ** 2)), rel=1e-12)
        assert change > 0.0
    assert found.settings == (("learning_rate", "3e-3", "5e-3"), ("strip 0.1", "–", "muted"))
    assert found.journal == (
        ("step 9: set embed [c, 2] to +0.500",),
        ("step 8: set rate to 5e-3", "step 10: strip 0.1: muted"),
    )
    np.testing.assert_array_equal(found.losses[1], ready.rows[:, :2])
    np.testing.assert_array_equal(found.losses[0][:8], found.losses[1][:8])
    assert found.losses[0][-1, 0] == 13
    assert found.losses[0][9, 1] != found.losses[1][9, 1]
    assert found.validation[1].tolist() == [[r.step, r.validation_loss] for r in ready.records]


def test_a_moment_and_itself_do_not_differ(ready: Watcher) -> None:
    two_branches(ready)
    for a, b in ((Place(1, 17), Place(1, 17)), (Place(0, 8), Place(0, 8)), (Place(0, 6), Place(1, 6))):
        found = compare(ready, a, b, "chri")
        assert found.divergences == (0.0,)
        assert all(change == 0.0 for _, _, change in found.tensors)
        assert found.settings == ()
        assert found.journal == ((), ())


def test_step_0_and_now_as_they_were_when_it_was_asked(ready: Watcher, names_spec: RunSpec) -> None:
    play_to(ready, 12)
    found = compare(ready, Place(0, -3), Place(0, 10_000))
    assert (found.a, found.b) == (Place(0, 0), Place(0, 12))
    assert (found.probs, found.prompts, found.divergences) == ((), (), ())
    fresh = Trainer(names_spec)
    sizes = {name: size for name, size, _ in found.tensors}
    for info in fresh.parameters.layout.tensors:
        whole = fresh.parameters.tensor(info.name).double()
        assert sizes[info.name] == pytest.approx(whole.pow(2).mean().sqrt().item(), rel=1e-12)


def test_other_seeds_differ_in_their_seed(ready: Watcher, names_spec: RunSpec) -> None:
    play_to(ready, 6)
    ready.session.reset(seed=5)
    ready.until(lambda: len(ready.runs) == 2)
    play_to(ready, 4)
    found = compare(ready, Place(0, 6), Place(1, 4))
    assert found.settings == (("seed", str(names_spec.seed), "5"),)
    weights = Trainer(names_spec.with_seed(5))
    for _ in range(4):
        weights.train_step()
    a = by_hand(names_spec, 6)
    changes = {name: change for name, _, change in found.tensors}
    moved = weights.parameters.tensor(EMBEDDING).double() - a.parameters.tensor(EMBEDDING).double()
    assert changes[EMBEDDING] == pytest.approx(moved.pow(2).mean().sqrt().item(), rel=1e-12)


def test_training_and_other_questions_go_on_and_no_bit_changes(ready: Watcher, names_spec: RunSpec) -> None:
    """Compared all the time, beside the same run that nobody compares."""
    two_branches(ready)
    ready.session.switch_to(0)
    ready.until(lambda: ready.status.document.branch == 0 and ready.status.past is None)
    ready.session.play(until_step=120)
    compared = 0
    while ready.status.step < 120:
        number = ready.session.ask(CompareMoments(Place(1, 16), Place(0, ready.status.step), PROMPTS))
        assert ready.ask(ONE).problem == "", "a later question does not wait for the comparison"
        ready.until(lambda number=number: number in ready.answers)
        assert isinstance(ready.answers[number].value, MomentComparison)
        compared += 1
    assert compared > 2
    ready.until_phase(Phase.PAUSED)
    alone = by_hand(names_spec, 120, JournalEntry(1, 5, EDIT), JournalEntry(2, 9, HEAD))
    assert ready.weights_sha256() == alone.weights_sha256()


def test_a_comparison_that_is_forgotten_is_not_answered(ready: Watcher, names_spec: RunSpec) -> None:
    play_to(ready, 30)
    cancelled = [ready.session.ask(CompareMoments(Place(0, 0), Place(0, 29))) for _ in range(3)]
    for number in cancelled:
        ready.session.cancel(number)
    kept = ready.session.ask(CompareMoments(Place(0, 0), Place(0, 30)))
    ready.until(lambda: kept in ready.answers)
    assert not set(cancelled) & ready.answers.keys()
    assert ready.weights_sha256() == headless(names_spec, 30)


def test_what_cannot_be_had_is_said(ready: Watcher) -> None:
    number = ready.session.ask(CompareMoments(Place(0, 0), Place(7, 0)))
    ready.until(lambda: number in ready.answers)
    answer = ready.answers[number]
    assert answer.value is None
    assert answer.problem == "This run has no branch 7; it has 1."


def trained_document(spec: RunSpec, steps: int) -> tuple[RunDocument, Trainer]:
    trainer = Trainer(spec)
    document = RunDocument.begin(trainer, None)
    for _ in range(steps):
        document.stepped(trainer.train_step(), trainer, 0.0)
    document.flush()
    return document, trainer


def finished(document: RunDocument, query: CompareMoments) -> tuple[MomentComparison, int]:
    """The comparison, and how many slices it took."""
    work = Comparing(document, query).slices()
    for slices in range(1, 10_000):
        try:
            next(work)
        except StopIteration as end:
            return end.value, slices
    raise AssertionError("it does not end")


def test_it_is_done_in_slices_of_a_step(names_spec: RunSpec) -> None:
    document, _ = trained_document(names_spec, 20)
    _, slices = finished(document, CompareMoments(Place(0, 0), Place(0, 20)))
    assert slices >= 20
    document.close()


def test_steps_of_other_arithmetic_are_not_compared(names_spec: RunSpec) -> None:
    """The steps were made under another numerics id: from the keyframe they cannot be had exactly."""
    document, trainer = trained_document(names_spec, 4)
    document.trains_with("another machine")
    for _ in range(4):
        document.stepped(trainer.train_step(), trainer, 0.0)
    sentence = f"^Step 7 of branch “seed {names_spec.seed}” cannot be compared\\. "
    with pytest.raises(ValueError, match=sentence):
        finished(document, CompareMoments(Place(0, 2), Place(0, 7)))
    found, _ = finished(document, CompareMoments(Place(0, 2), Place(0, 4)))
    assert (found.a, found.b) == (Place(0, 2), Place(0, 4))
    document.close()


def test_what_was_set_and_done_in_words(names_spec: RunSpec) -> None:
    trainer = Trainer(names_spec)
    neuron = Neuron("blocks.0.mlp.post", 3)
    commands: list[Command] = [
        SetStrip(Strip(1), StripSetting(gain=0.5)),
        SetClamp(neuron, 1.5),
        HoldSlices((ROW,)),
        *(EditSlice(ONE, "set", value, gesture=4) for value in (0.1, 0.2, 0.3)),
        EditSlice(ONE, "set", 0.4, gesture=5),
    ]
    for number, command in enumerate(commands, 1):
        trainer.apply(command, number)
    vocabulary, layout = trainer.corpus.tokenizer.vocabulary, trainer.parameters.layout
    words = setting_words(names_spec, trainer.controls, vocabulary, layout)
    assert words["strip MLP 1"] == "fader 0.5"
    assert words["blocks.0.mlp.post[3]"] == "at 1.5"
    assert words["held"] == "embed row c"
    assert words["lr_schedule"] == "cosine"
    done = command_words(trainer.journal.since(0), vocabulary, layout)
    assert [text for _, text in done[-2:]] == ["set embed [c, 2] to +0.300", "set embed [c, 2] to +0.400"]
    assert len(done) == 5, "of a drag only where it ended"
