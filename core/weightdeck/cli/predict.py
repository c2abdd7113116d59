"""Ask a run for the next token after a prompt, at its newest step or at any step before."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from weightdeck.cli.arguments import add_branch, add_file, count, steps
from weightdeck.cli.documents import place_of, reading
from weightdeck.cli.failure import FAILED, WRONG_USAGE, CommandError
from weightdeck.cli.output import emit, say, tell

if TYPE_CHECKING:
    from weightdeck.run.document import Place
    from weightdeck.run.frame import Prompt
    from weightdeck.store.document import RunDocument
    from weightdeck.training.trainer import Trainer

HELP = "the next token after a prompt, at any step"
EPILOG = "Example: weightdeck predict run.weightdeck --prompt chri --top 5 --step 300 --json"
DEFAULT_TOP = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_file(parser)
    parser.add_argument("--prompt", required=True, metavar="TEXT", help="what the model has read")
    parser.add_argument(
        "--top", type=count, default=DEFAULT_TOP, metavar="K", help=f"how many tokens (default {DEFAULT_TOP})"
    )
    parser.add_argument("--step", type=steps, metavar="S", help="after so many steps (default the newest)")
    add_branch(parser)


def run(args: argparse.Namespace) -> int:
    """Tokens as the window would show them, most likely first."""
    from weightdeck.probes.predictions import predict

    with reading(args.file) as document:
        place = place_of(document, args.branch, args.step)
        trainer = _trainer_at(document, place)
    prompt = trainer.corpus.prompt(args.prompt)
    prediction = predict(trainer.now, prompt)
    if prediction is None:
        raise CommandError(prompt.problem, WRONG_USAGE)
    _tell_problems(prompt)
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


def _trainer_at(document: RunDocument, place: Place) -> Trainer:
    """The run at that very moment. Raises `CommandError` when this machine cannot compute it."""
    from weightdeck.store.opening import go_on, set_out
    from weightdeck.training.trainer import Trainer

    way = document.way_to(place)
    trainer = Trainer(document.spec_of(place.branch))
    if not way.is_exact:
        raise CommandError(
            f"Step {place.step:,} was made with other arithmetic ({document.numerics_of(place.branch)}) and cannot be "
            f"computed again here. The nearest step that can be asked is {way.keyframe.step:,}.",
            FAILED,
        )
    set_out(way, trainer)
    while go_on(way, trainer):
        pass
    return trainer


def _tell_problems(prompt: Prompt) -> None:
    """What the model did not see of it, and why."""
    if prompt.problem:
        tell(f"weightdeck: {prompt.problem}")
    if prompt.cut:
        tell(
            f"weightdeck: The prompt is longer than the model's context: its first {prompt.cut:,} known characters "
            "were left out."
        )
