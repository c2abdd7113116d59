"""Write every intermediate value of a prompt's forward pass, by its name, into an NPZ file."""

from __future__ import annotations

import argparse
import io
from pathlib import Path
from typing import Any

from weightdeck.cli.output import emit, say
from weightdeck.cli.prompted import add_prompted, prompted
from weightdeck.cli.whole_file import check_out, write_whole

HELP = "every intermediate value of a prompt, as NumPy arrays"
EPILOG = "Example: weightdeck taps run.weightdeck --prompt chri --out chri.npz"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_prompted(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE.npz",
        help="where they go; what was there is replaced",
    )


def run(args: argparse.Namespace) -> int:
    """One float32 array a tap, named and shaped as ``weightdeck.run.layout.tap_shapes`` says for one prompt."""
    check_out(args.out, ".npz", args.file)
    import numpy as np

    from weightdeck.probes.taps import taps_of
    from weightdeck.run.layout import tap_shapes

    asked = prompted(args)
    ids = asked.prompt.ids
    taps = taps_of(asked.trainer.now, ids, frozenset(tap_shapes(asked.trainer.spec.model, len(ids))))
    arrays: dict[str, Any] = dict(taps)
    packed = io.BytesIO()
    np.savez(packed, **arrays)
    write_whole(args.out, packed.getvalue())
    if args.json:
        shapes = {name: list(values.shape) for name, values in taps.items()}
        where = {"branch": asked.place.branch, "step": asked.place.step}
        emit({"out": str(args.out), "ids": list(ids), "taps": shapes, **where})
    else:
        read = "".join(asked.prompt.tokens)
        say(f"{args.out}: {len(taps)} arrays of {read!r} at step {asked.place.step:,}")
    return 0
