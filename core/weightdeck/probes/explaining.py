"""One door to every explanation: where a number of a run comes from, whichever it is."""

from __future__ import annotations

from weightdeck.probes.backward import Backward
from weightdeck.probes.explain import explain_tap
from weightdeck.probes.explain_backward import explain_gradient
from weightdeck.probes.explain_loss import explain_batch_loss, explain_token_loss
from weightdeck.probes.explain_update import explain_weight
from weightdeck.probes.explain_weight_gradient import explain_weight_gradient
from weightdeck.probes.passes import ForwardPass, WholeBatchPass, batch_pass, check_row, prompt_pass
from weightdeck.run.explanation import Explanation
from weightdeck.run.subjects import (
    BatchLoss,
    InPrompt,
    Subject,
    TapCell,
    TapGradient,
    TokenLoss,
    WeightCell,
    WeightGradient,
)
from weightdeck.training.newest import NewestBatch
from weightdeck.training.trainer import Trainer


def explain(trainer: Trainer, subject: Subject) -> Explanation:
    """Where a number comes from; its `step` is that of the weights that made it. Changes nothing of the trainer's.

    Raises ``ValueError`` with a sentence when there is no such number, or not yet.
    """
    vocabulary = trainer.corpus.tokenizer.vocabulary
    match subject:
        case TapCell():
            return explain_tap(_pass(trainer, subject), subject, vocabulary)
        case TapGradient(row):
            batch = _batch(trainer)
            check_row(batch, row)
            whole = WholeBatchPass(batch, trainer.spec.model, with_gradients=True)
            return explain_gradient(Backward.of(whole, row, vocabulary), subject)
        case WeightCell():
            return explain_weight(trainer, subject)
        case WeightGradient():
            return explain_weight_gradient(trainer, _batch(trainer), subject)
        case TokenLoss():
            return explain_token_loss(_batch(trainer), vocabulary, subject)
        case BatchLoss():
            return explain_batch_loss(_batch(trainer))


def _pass(trainer: Trainer, cell: TapCell) -> ForwardPass:
    if isinstance(cell.where, InPrompt):
        prompt = trainer.corpus.prompt(cell.where.text)
        if not prompt.ids:
            raise ValueError(prompt.problem)
        return prompt_pass(trainer.now, cell.where.text, prompt.ids)
    return batch_pass(_batch(trainer), trainer.spec.model, cell.where.row, with_gradients=False)


def _batch(trainer: Trainer) -> NewestBatch:
    batch = trainer.newest_batch
    if batch is None:
        raise ValueError(
            "No step has been made since this run was opened, or the half-made one was discarded: make one, then ask "
            "again."
        )
    return batch
