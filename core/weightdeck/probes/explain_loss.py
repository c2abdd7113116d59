"""Where the loss of the newest batch comes from: each token's, and their mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from weightdeck.model.transformer import cross_entropy
from weightdeck.probes.backward import written
from weightdeck.probes.explain_written import figure, next_token
from weightdeck.probes.passes import check_row
from weightdeck.run.explanation import Explanation, Operand, Rule, Term
from weightdeck.run.subjects import BatchLoss, InBatch, TapCell, TapGradient, TokenLoss
from weightdeck.training.newest import NewestBatch


@dataclass(frozen=True, slots=True)
class _Scored:
    """A batch's tokens that count. S of them, in order."""

    batch: NewestBatch
    places_S: tuple[tuple[int, int], ...]  # sequence and position

    @classmethod
    def of(cls, batch: NewestBatch) -> _Scored:
        rows = batch.rows
        cells_N = torch.arange(len(rows.ids_N)) if rows.cells_N is None else rows.cells_N
        cells_S = cells_N if rows.scored_S is None else cells_N[rows.scored_S]
        return cls(batch, tuple(divmod(cell, rows.tokens) for cell in cells_S.tolist()))

    def losses_S(self) -> list[float]:
        """Nats, with the very arithmetic of ``cross_entropy``."""
        log_probs_VS = self.batch.logits_SV.t().log_softmax(0)
        losses_S: list[float] = (-log_probs_VS.gather(0, self.batch.rows.targets_S[None])[0]).tolist()
        return losses_S


def explain_token_loss(batch: NewestBatch, vocabulary: Sequence[str], subject: TokenLoss) -> Explanation:
    """From the logits of its position. Raises ``ValueError`` with a sentence when no loss is counted there."""
    scored = _Scored.of(batch)
    check_row(batch, subject.row)
    place = (subject.row, subject.position)
    if place not in scored.places_S:
        raise ValueError(f"The loss of sequence {subject.row} does not count at token {subject.position}.")
    counted = scored.places_S.index(place)
    target = int(batch.rows.targets_S[counted])
    logits_V = batch.logits_SV[counted].tolist()
    others = [token for token in range(len(logits_V)) if token != target]
    loss = scored.losses_S()[counted]
    return Explanation(
        subject=subject,
        step=batch.step,
        title=f"loss of token {subject.position} in sequence {subject.row}: “{next_token(vocabulary[target])}” came",
        value=loss,
        rule=Rule.LOG_LOSS,
        symbols="ln(sum of e^logit) − logit of what came",
        numbers=f"{figure(loss + logits_V[target])} − {figure(logits_V[target])} = {figure(loss)}".replace(
            "− −", "+ "
        ),
        terms=tuple(
            Term(
                (
                    Operand(
                        f"logit of “{next_token(vocabulary[token])}”", logits_V[token], _logit(*place, token)
                    ),
                )
            )
            for token in (target, *others)
        ),
        related=(
            ("how the loss moves with its logit", TapGradient(*place[:1], "logits", (place[1], target))),
        ),
    )


def explain_batch_loss(batch: NewestBatch) -> Explanation:
    """The mean over the tokens that count."""
    scored = _Scored.of(batch)
    terms = tuple(
        Term((Operand(f"sequence {row}, token {position}", loss, TokenLoss(row, position)),))
        for (row, position), loss in zip(scored.places_S, scored.losses_S(), strict=True)
    )
    value = cross_entropy(batch.logits_SV, batch.rows).item()
    return Explanation(
        subject=BatchLoss(),
        step=batch.step,
        title=f"loss of the batch at step {batch.step:,}, before its update",
        value=value,
        rule=Rule.MEAN,
        symbols="sum of the losses / tokens that count",
        numbers=f"({written(terms, value * len(terms)).split(' = ')[0]}) / {len(terms):,} = {figure(value)}",
        terms=terms,
    )


def _logit(row: int, position: int, token: int) -> TapCell:
    return TapCell(InBatch(row), "logits", (position, token))
