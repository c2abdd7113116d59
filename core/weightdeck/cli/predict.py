"""Ask a run for the next token after a prompt, at its newest step or at any step before."""

from __future__ import annotations

import argparse

from weightdeck.cli.arguments import count
from weightdeck.cli.output import emit, say
from weightdeck.cli.prompted import add_prompted, prompted

HELP = "the next token after a prompt, at any step"
EPILOG = "Example: weightdeck predict run.weightdeck --prompt chri --top 5 --step 300 --json"
DEFAULT_TOP = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_prompted(parser)
    parser.add_argument(
        "--top", type=count, default=DEFAULT_TOP, metavar="K", help=f"how many tokens (default {DEFAULT_TOP})"
    )


def run(args: argparse.Namespace) -> int:
    """Tokens as the window would show them, most likely first."""
    from weightdeck.probes.predictions import predict

    asked = prompted(args)
    trainer, prompt, place = asked.trainer, asked.prompt, asked.place
    prediction = predict(trainer.now, prompt)
    assert prediction is not None
    probs = prediction.probs.tolist()
    likeliest = sorted(range(len(probs)), key=lambda token: -probs[token])[: args.top]
    vocabulary = trainer.corpus.tokenizer.vocabulary
    if args.json:
        following = [{"token": vocabulary[token], "id": token, "p": probs[token]} for token in likeliest]
        emit({"ids": list(prompt.ids), "next": following, "branch": place.branch, "step": place.step})
    else:
        say(f"after {''.join(prompt.tokens)!r}, at step {place.step:,}")
        for token in likeliest:
            say(f"{vocabulary[token]:>4}  {probs[token]:.4f}")
    return 0
