"""A run at one of its moments and a prompt for it, as the subcommands that ask a model have them."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import TYPE_CHECKING

from weightdeck.cli.arguments import add_branch, add_file, steps
from weightdeck.cli.documents import place_of, reading, trainer_at
from weightdeck.cli.failure import WRONG_USAGE, CommandError
from weightdeck.cli.output import tell
from weightdeck.run.document import Place

if TYPE_CHECKING:
    from weightdeck.run.frame import Prompt
    from weightdeck.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Prompted:
    """The run as it was at `place`, and the prompt as its model sees it: at least one token."""

    trainer: Trainer
    place: Place
    prompt: Prompt


def add_prompted(parser: argparse.ArgumentParser) -> None:
    """``FILE``, ``--prompt``, ``--step`` and ``--branch``."""
    add_file(parser)
    parser.add_argument("--prompt", required=True, metavar="TEXT", help="what the model has read")
    parser.add_argument("--step", type=steps, metavar="S", help="after so many steps (default the newest)")
    add_branch(parser)


def prompted(args: argparse.Namespace) -> Prompted:
    """What the arguments name; the person is told what the model does not see of the prompt.

    Raises `CommandError` when there is no such moment, when this machine cannot compute it, or when nothing of the
    prompt is known to the model.
    """
    with reading(args.file) as document:
        place = place_of(document, args.branch, args.step)
        trainer = trainer_at(document, place)
    prompt = trainer.corpus.prompt(args.prompt)
    if not prompt.ids:
        raise CommandError(prompt.problem, WRONG_USAGE)
    _tell_problems(prompt)
    return Prompted(trainer, place, prompt)


def _tell_problems(prompt: Prompt) -> None:
    """What the model did not see of it, and why."""
    if prompt.problem:
        tell(f"weightdeck: {prompt.problem}")
    if prompt.cut:
        tell(
            f"weightdeck: The prompt is longer than the model's context: its first {prompt.cut:,} known characters "
            "were left out."
        )
