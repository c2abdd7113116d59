"""One run's training: a step is three parts (forward, backward, update) that may be made one at a time.

Everything random is drawn anew from (seed, purpose, step), so the state is the parameters, the two moments, the step
and the edits, and nothing else. Owned by one thread, which sets torch's number of compute threads for itself.
"""

from __future__ import annotations

import hashlib
import math
from functools import partial

import numpy as np
import torch
from torch import Tensor

from weightdeck.data.batches import batch, validation_batches
from weightdeck.data.corpus import Corpus, load_corpus
from weightdeck.data.randomness import draw_seed
from weightdeck.data.references import reference_losses
from weightdeck.model.gates import Gates
from weightdeck.model.moment import Moment
from weightdeck.model.parameters import Parameters, aligned_zeros
from weightdeck.model.transformer import Drop, Rows, cross_entropy, forward
from weightdeck.run.commands import Command
from weightdeck.run.controls import Controls
from weightdeck.run.frame import ReferenceLosses
from weightdeck.run.half_step import HalfStep, Stage
from weightdeck.run.journal import Journal, JournalEntry
from weightdeck.run.layout import layout
from weightdeck.run.spec import Hyperparameters, RunSpec
from weightdeck.training.adamw import AdamW
from weightdeck.training.edits import EditStack
from weightdeck.training.gating import Gating
from weightdeck.training.holds import Holds
from weightdeck.training.keyframe import Keyframe
from weightdeck.training.newest import MakeDrop, NewestBatch, NewestUpdate

NUMERICS_REVISION = 1  # raise it whenever a change of ours alters the bits of a run
VALIDATION_BATCH = 512
CLIP_EPSILON = 1e-6  # as in torch.nn.utils.clip_grad_norm_

StepMetrics = tuple[int, float, float, float, float]  # the columns of weightdeck.run.frame.METRICS


class NotFiniteError(Exception):
    """A step gave a loss, gradient or weight that is no finite number; it was not kept. The text is a sentence."""


class Trainer:
    """The model, optimizer, data and edits of one run, at one step. Builds the run at step 0."""

    def __init__(self, spec: RunSpec, corpus: Corpus | None = None) -> None:
        """`corpus` may be that of another trainer with the same data set, block_size and seed.

        Raises ``ValueError`` with a sentence when there is no such data set, or when the model does not fit it.
        """
        torch.set_num_threads(spec.threads)
        self.spec = spec
        self.corpus = corpus or load_corpus(spec.dataset, spec.model.block_size, spec.seed)
        tokens = self.corpus.tokenizer.vocab_size
        if tokens != spec.model.vocab_size:
            raise ValueError(
                f"The data set {spec.dataset!r} has {tokens} tokens; vocab_size is {spec.model.vocab_size}."
            )
        length = layout(spec.model).length
        # Parameters and both moments are rows of one buffer: a step is kept or thrown away with one copy.
        self._state = aligned_zeros(3 * length).view(3, length)
        self._before = torch.zeros_like(self._state)
        self._zeros = torch.zeros(3 * length)
        self.parameters = Parameters(spec.model, self._state[0])
        self.parameters.initialise(spec.seed)
        self.initial = self.parameters.flat.clone()
        self.optimizer = AdamW(
            self._state[0], self._state[1], self._state[2], decay_end=self.parameters.layout.decay_end
        )
        self._gating = Gating(spec.model, self.parameters.weights, self.corpus)
        self.edits = EditStack(
            self.parameters, Controls(spec.hyperparameters), spec.seed, self._gating.settled
        )
        self.holds = Holds(self._state, self.parameters.layout)
        self._gates = self._gating.gates(self.controls)
        self.journal = Journal()
        self.step = 0
        self.stage = Stage.NOTHING
        self.rows: Rows | None = None  # the batch of the step in hand, or of the last one made
        self.gradient_step: int | None = None  # the step whose gradient is in parameters.gradient
        self._loss: Tensor | None = None
        self._logits: Tensor | None = None
        self._pass: tuple[int, Gates | None, MakeDrop] | None = (
            None  # what `rows` went through; None: thrown away
        )
        self._made: NewestUpdate | None = None  # the last that was made
        self._train_loss = math.nan
        self._gradient_norm = math.nan

    @property
    def controls(self) -> Controls:
        return self.edits.controls

    @property
    def hyperparameters(self) -> Hyperparameters:
        return self.controls.hyperparameters

    @property
    def now(self) -> Moment:
        """The model as prompts see it: through the strips. Its weights are live."""
        return Moment(self.step, self.spec.model, self.parameters.weights, self._gates)

    @property
    def trained(self) -> Moment:
        """The model as training and losses see it: strips for prediction only are left out."""
        gates = self._gates if self.controls.mix.scope == "everything" else None
        return Moment(self.step, self.spec.model, self.parameters.weights, gates)

    def without_last(self) -> Moment | None:
        """The present moment without the newest change that moved predictions, as prompts see it; None without one."""
        found = self.edits.without_last()
        if found is None:
            return None
        changed, controls = found
        weights = {**self.parameters.weights, **changed}
        return Moment(self.step, self.spec.model, weights, self._gating.gates(controls))

    def snapshot(self) -> Moment:
        """The present moment, to keep: its weights are a copy."""
        flat = self.parameters.flat.clone()
        return Moment(self.step, self.spec.model, self.parameters.views(flat), self._gates)

    @property
    def references(self) -> ReferenceLosses:
        return reference_losses(self.corpus)

    @property
    def numerics(self) -> str:
        """The numerics id: runs with the same one are bit-identical."""
        return numerics_id(self.spec.threads)

    def apply(self, command: Command, number: int = 0) -> None:
        """Carry out a command at this step boundary and journal it. A half-made step is discarded; the same batch
        will be used again. Raises ``ValueError`` with a sentence when the command does not fit; nothing changes.
        """
        self.edits.apply(command, self.step)
        self._follow_controls()
        self.discard()
        self.journal.append(JournalEntry(number, self.step, command))

    def keyframe(self) -> Keyframe:
        """The present state, to keep; what is made of the step in hand is not part of it."""
        packed = b"".join(self.parameters.packed(row) for row in self._state)
        state = np.frombuffer(packed, dtype="<f4").reshape(3, -1)
        return Keyframe(self.step, len(self.journal), state, self.controls, self.edits.history())

    def restore(self, keyframe: Keyframe, journal: Journal) -> None:
        """Go to a keyframe of this run, from whatever state. `journal` is the run's, and may go on after the keyframe;
        the entries that belong to it are copied. There is no batch, loss or gradient until the next step.
        """
        assert len(journal) >= keyframe.entries
        self.discard()
        for packed, row in zip(keyframe.state, self._state, strict=True):
            self.parameters.unpack(packed, row)
        self._pass = self._made = None
        self.step = self.optimizer.updates = keyframe.step
        self.edits.restore(keyframe.controls, keyframe.edits)
        self._follow_controls()
        entries = journal.since(0)[: keyframe.entries]
        self.journal = Journal()
        for entry in entries:
            self.journal.append(entry)
        self.rows = None
        self.gradient_step = None
        self.parameters.gradient.zero_()

    def _follow_controls(self) -> None:
        self._gates = self._gating.gates(self.controls)
        self.holds.hold(self.controls.held)

    def discard(self) -> None:
        """Forget the half-made step."""
        if self.stage is not Stage.NOTHING:
            self._pass = None
        self._rest()

    def _rest(self) -> None:
        self.stage = Stage.NOTHING
        self._loss = None

    @property
    def half(self) -> HalfStep:
        """How far the step in hand is."""
        if self.stage is Stage.NOTHING:
            return HalfStep()
        rate = self.hyperparameters.learning_rate_at(self.step)
        if self.stage is Stage.FORWARD:
            return HalfStep(self.stage, self._train_loss, learning_rate=rate)
        return HalfStep(self.stage, self._train_loss, self._gradient_norm, self._clip(), rate)

    @property
    def newest_batch(self) -> NewestBatch | None:
        """The batch of the step in hand, or of the last one made; None before the first and after a discarded half."""
        if self._pass is None or self.rows is None or self._logits is None:
            return None
        step, gates, make_drop = self._pass
        weights = self.parameters.weights if step == self.step else self.parameters.views(self._before[0])
        return NewestBatch(step, self.rows, self._logits, weights, gates, make_drop)

    @property
    def newest_update(self) -> NewestUpdate | None:
        """The update to come while the step in hand has its gradient, else the last one made as long as its gradient is
        there; None without either.
        """
        if self.stage is Stage.BACKWARD:
            return self._update(is_made=False)
        is_left = self._made is not None and self.gradient_step == self._made.step
        return self._made if is_left else None

    def _update(self, *, is_made: bool) -> NewestUpdate:
        settings = self.hyperparameters
        return NewestUpdate(
            step=self.step,
            is_made=is_made,
            updates=self.step + 1,
            learning_rate=settings.learning_rate_at(self.step),
            gradient_norm=self._gradient_norm,
            clip=self._clip(),
            settings=settings,
            gradient=self.parameters.gradient,
            before=self._before if is_made else self._state,
            now=self._state,
        )

    def _clip(self) -> float:
        """The factor that brings the gradient in hand to its longest permitted length."""
        limit = self.hyperparameters.grad_clip
        if 0.0 < limit < self._gradient_norm:
            return limit / (self._gradient_norm + CLIP_EPSILON)
        return 1.0

    def forward(self) -> float:
        """First part: draw the batch and compute its mean loss, nats per token.

        Raises `NotFiniteError` when it is none; the step is discarded.
        """
        assert self.stage is Stage.NOTHING
        settings = self.hyperparameters
        ids_BT, targets_BT = batch(self.corpus, self.spec.seed, self.step, settings.batch_size)
        self.rows = Rows.of_batch(torch.from_numpy(ids_BT), torch.from_numpy(targets_BT))
        model, weights = self.spec.model, self.parameters.weights
        gates = self.trained.gates
        make_drop = partial(_dropout, settings.dropout, self.spec.seed, self.step)
        logits_SV = forward(model, weights, self.rows, gates, make_drop())
        self._loss = cross_entropy(logits_SV, self.rows)
        self._logits, self._pass = logits_SV.detach(), (self.step, gates, make_drop)
        self._train_loss = self._loss.item()
        if not math.isfinite(self._train_loss):
            raise self._refused("the loss")
        self.stage = Stage.FORWARD
        return self._train_loss

    def backward(self) -> float:
        """Second part: the gradient of the loss into ``parameters.gradient``; returns its norm before clipping, without
        that of held slices.

        Raises `NotFiniteError` when that is none; the step is discarded.
        """
        assert self.stage is Stage.FORWARD
        assert self._loss is not None
        gradient = self.parameters.gradient
        gradient.zero_()  # backward() adds to what is there
        self.gradient_step = None
        self._loss.backward()  # type: ignore[no-untyped-call]
        self._gradient_norm = torch.linalg.vector_norm(self.holds.free(gradient)).item()
        if not math.isfinite(self._gradient_norm):
            gradient.zero_()  # what probes read of it is finite always
            raise self._refused("the gradient")
        self.gradient_step = self.step
        self.stage = Stage.BACKWARD
        return self._gradient_norm

    @torch.no_grad()
    def update(self) -> StepMetrics:
        """Third part: clip, AdamW, and on to the next step. Returns the metrics of the step that was made.

        Raises `NotFiniteError` when a weight or moment would not be finite; then everything is as before the step.
        """
        assert self.stage is Stage.BACKWARD
        update, self._made = self._update(is_made=True), None
        gradient, clip, learning_rate = update.gradient, update.clip, update.learning_rate
        self._before.copy_(self._state)
        self.optimizer.update(gradient if clip == 1.0 else gradient * clip, learning_rate, update.settings)
        self.holds.restore(self._before)
        # 0 times anything finite is 0, and 0 times infinity or NaN is NaN: one pass over the whole state.
        if torch.dot(self._state.view(-1), self._zeros).item() != 0.0:
            self._state.copy_(self._before)
            self.optimizer.updates -= 1
            raise self._refused("a weight")
        weights_norm = torch.linalg.vector_norm(self._before[0])
        ratio = torch.dist(self._state[0], self._before[0]) / weights_norm
        metrics = (self.step, self._train_loss, learning_rate, self._gradient_norm, ratio.item())
        self._made = update
        self.step += 1
        self._rest()
        return metrics

    def train_step(self) -> StepMetrics:
        """The rest of the step in hand, or a whole step. Raises `NotFiniteError`; then the step was not kept."""
        while (metrics := self.next_part()) is None:
            pass
        return metrics

    def next_part(self) -> StepMetrics | None:
        """The next of a step's three parts; the metrics when that was the last. Raises `NotFiniteError`; then the step
        was not kept.
        """
        torch.set_num_threads(
            self.spec.threads
        )  # it is the process's: a trainer of another run may have set it
        match self.stage:
            case Stage.NOTHING:
                self.forward()
            case Stage.FORWARD:
                self.backward()
            case Stage.BACKWARD:
                return self.update()
        return None

    @torch.no_grad()
    def validation_loss(self) -> float:
        """Mean loss over the whole validation split, nats per token that counts."""
        total = 0.0
        count = 0
        for ids_BT, targets_BT in validation_batches(self.corpus, VALIDATION_BATCH):
            rows = Rows.of_batch(torch.from_numpy(ids_BT), torch.from_numpy(targets_BT))
            loss = cross_entropy(self.trained.logits(rows), rows)
            total += loss.item() * len(rows.targets_S)
            count += len(rows.targets_S)
        return total / count

    def weights_sha256(self) -> str:
        """Hash of every parameter (see ``Parameters.packed``)."""
        return self.parameters.sha256()

    def state_sha256(self) -> str:
        """Hash of the parameters, both moments and the step."""
        digest = hashlib.sha256()
        for row in self._state:
            digest.update(self.parameters.packed(row))
        digest.update(self.step.to_bytes(8, "little"))
        return digest.hexdigest()

    def _refused(self, what: str) -> NotFiniteError:
        self.discard()
        self._pass = None  # of a forward part that was refused too, which has not made a stage
        return NotFiniteError(
            f"Step {self.step:,} was not kept: {what} was no longer a finite number. The model is as it was before. "
            "Lower the learning rate or undo the last change, then go on: the same batch is tried again."
        )


def _dropout(share: float, seed: int, step: int) -> Drop | None:
    """Dropout for a step, with its own randomness, or None when it is off."""
    if share == 0.0:
        return None
    generator = torch.Generator().manual_seed(draw_seed(seed, "dropout", step))

    def drop(value: Tensor) -> Tensor:
        kept = torch.empty(value.shape).bernoulli_(1.0 - share, generator=generator)
        return value * kept.div_(1.0 - share)

    return drop


def numerics_id(threads: int) -> str:
    """Runs with the same one are bit-identical; `threads` are compute threads."""
    capability = torch.backends.cpu.get_cpu_capability()
    return f"torch {torch.__version__}, {capability}, threads {threads}, revision {NUMERICS_REVISION}"
