"""Compute a run again from step 0, with its journal alone, and compare it with what the file holds."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from weightdeck.cli.arguments import add_branch, add_file, steps
from weightdeck.cli.documents import place_of, reading
from weightdeck.cli.failure import FAILED
from weightdeck.cli.output import emit, say, tell
from weightdeck.cli.progress import ProgressBar

if TYPE_CHECKING:
    from weightdeck.store.replaying import ReplayCheck

HELP = "compute a run again and compare"
EPILOG = (
    "Exit code 1 when it does not match: every recorded training loss and every keyframe must be the same."
)
BAR_STEPS = 20  # between two looks of the progress bar


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_file(parser)
    parser.add_argument("--to", type=steps, metavar="STEP", help="where to end (default the newest step)")
    add_branch(parser)


def run(args: argparse.Namespace) -> int:
    """0 when the run is what its journal says."""
    from weightdeck.store.replaying import ReplayCheck

    with reading(args.file) as document:
        place = place_of(document, args.branch, args.to)
        check = ReplayCheck(document, place)
        numerics = document.numerics_of(place.branch)
        is_of_this_machine = document.is_of_this_machine(place)
        if not is_of_this_machine:
            tell(
                f"This run was made with other arithmetic ({numerics}); here it is {check.trainer.numerics}. "
                "It may differ in the last bits without being wrong."
            )
        _advance(check, place.step)
    matches = not check.difference
    result = {
        "steps": check.trainer.step,
        "weights_sha256": check.trainer.weights_sha256(),
        "matches": matches,
        "difference": check.difference,
        "losses_compared": check.losses,
        "keyframes_compared": check.keyframes,
        "numerics": check.trainer.numerics,
        "is_of_this_machine": is_of_this_machine,
    }
    if args.json:
        emit(result)
    else:
        say(
            f"{check.trainer.step:,} steps computed again; compared: {check.losses:,} losses, {check.keyframes:,} "
            f"keyframes\nweights sha256   {result['weights_sha256']}\n{'all the same' if matches else 'not the same'}"
        )
    if not matches:
        tell(f"weightdeck: {check.difference}")
    return 0 if matches else FAILED


def _advance(check: ReplayCheck, wanted: int) -> None:
    bar = ProgressBar(wanted)
    try:
        while check.advance():
            if check.trainer.step % BAR_STEPS == 0:
                bar.show(check.trainer.step, check.difference)
    finally:
        bar.clear()
