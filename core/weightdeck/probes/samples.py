"""Texts generated from the trained parameters, with randomness of their own."""

from __future__ import annotations

import torch
from torch import Tensor

from weightdeck.data.randomness import draw_seed
from weightdeck.data.split import NO_TARGET
from weightdeck.model.transformer import Rows
from weightdeck.run.frame import Sample, Sampling
from weightdeck.training.trainer import Trainer


@torch.no_grad()
def generate(trainer: Trainer, sampling: Sampling, prompt_text: str) -> tuple[Sample, ...]:
    """`sampling.count` samples at the present step; the same step and settings give the same samples.

    Sequences that have ended wait for the others, so that one forward pass a token serves all.
    """
    corpus = trainer.corpus
    model, now = trainer.spec.model, trainer.now
    openings = (prompt_text,) * sampling.count if sampling.from_prompt else corpus.openings(sampling.count)
    prompts = [corpus.prompt(text) for text in openings]
    lengths = {len(prompt.ids) for prompt in prompts}
    if lengths == {0}:
        return ()
    assert len(lengths) == 1, "the openings of a corpus are equally long"
    generator = torch.Generator().manual_seed(draw_seed(trainer.spec.seed, "sample", trainer.step))
    ids_BT = torch.tensor([prompt.ids for prompt in prompts])
    end = corpus.tokenizer.start
    ended_B = torch.zeros(len(prompts), dtype=torch.bool)
    while ids_BT.shape[1] < model.block_size + 1 and not ended_B.all():
        logits_BTV = now.logits(Rows.of_prompts(ids_BT)).view(*ids_BT.shape, -1)
        next_B = draw_token(logits_BTV[:, -1], sampling, generator)
        if end is not None:
            next_B = next_B.masked_fill(ended_B, end)
            ended_B = ended_B | (next_B == end)
        ids_BT = torch.cat((ids_BT, next_B[:, None]), 1)
    samples = []
    for prompt, ids in zip(prompts, ids_BT.tolist(), strict=True):
        given = corpus.tokenizer.decode(prompt.ids)
        text = corpus.tokenizer.decode(ids)
        samples.append(Sample(text, len(given), corpus.verdict(text)))
    return tuple(samples)


def draw_token(logits_BV: Tensor, sampling: Sampling, generator: torch.Generator) -> Tensor:
    """(B,) one token each: the likeliest at temperature 0, else drawn from the `top_k` likeliest (0: from all)."""
    if sampling.temperature <= 0.0:
        return logits_BV.argmax(1)
    logits_BV = logits_BV / sampling.temperature
    if 0 < sampling.top_k < logits_BV.shape[1]:
        kept = logits_BV.topk(sampling.top_k, dim=1)
        place_B = torch.multinomial(kept.values.softmax(1), 1, generator=generator)
        return kept.indices.gather(1, place_B)[:, 0]
    return torch.multinomial(logits_BV.softmax(1), 1, generator=generator)[:, 0]


@torch.no_grad()
def exact_share(trainer: Trainer) -> tuple[float, int]:
    """Share of all validation items whose every target is the likeliest token, and how many items there are.

    For sorting that is the share answered without error: taking the likeliest token each time goes wrong first where
    the likeliest token after the true ones is not the target, so one pass over the true answers finds it.
    """
    split = trainer.corpus.validation
    ids_BT, targets_BT = torch.tensor(split.inputs_NT), torch.tensor(split.targets_NT)
    logits_NV = trainer.trained.logits(Rows.of_prompts(ids_BT))
    likeliest_BT = logits_NV.argmax(1).view(ids_BT.shape)
    right_B = ((likeliest_BT == targets_BT) | (targets_BT == NO_TARGET)).all(1)
    return right_B.double().mean().item(), len(right_B)
