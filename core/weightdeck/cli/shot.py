"""Render the real window after a number of trained steps to a PNG; needs no display."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from weightdeck.cli.arguments import add_preset, check_preset, steps
from weightdeck.cli.display import require_drawing
from weightdeck.cli.failure import FAILED, WRONG_USAGE, CommandError
from weightdeck.cli.output import emit, say
from weightdeck.run.presets import DEFAULT_PRESET

HELP = "a picture of the window after some steps"
EPILOG = "Example: weightdeck shot --preset names --steps 300 --size 1280x720 --theme light --out watch.png"
THEMES = ("dark", "light")
WORKSPACES = ("watch", "turn", "inside")
SMALLEST, LARGEST = 320, 8192  # pixels
PANELS = (  # behind tabs at first
    *("strips", "browse", "expression", "attention"),
    *("lens", "contributions", "neurons", "embeddings", "batch", "memory", "cost"),
)
SCALES = (1.0, 2.0)  # of text


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_preset(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png", help="where the picture goes")
    parser.add_argument(
        "--steps", type=steps, default=0, metavar="N", help="steps to train before (default 0)"
    )
    parser.add_argument("--past", type=steps, metavar="K", help="go back to step K then, and show that")
    parser.add_argument("--seed", type=int, default=1, metavar="S", help="of the run (default 1)")
    parser.add_argument(
        "--size", type=_size, default=(1440, 900), metavar="WxH", help="in pixels (default 1440x900)"
    )
    parser.add_argument("--theme", choices=THEMES, default=THEMES[0], help=f"(default {THEMES[0]})")
    parser.add_argument(
        "--workspace", choices=WORKSPACES, default=WORKSPACES[0], help=f"(default {WORKSPACES[0]})"
    )
    parser.add_argument("--panel", choices=PANELS, metavar="NAME", help=f"in front: {', '.join(PANELS)}")
    parser.add_argument(
        "--scale", type=_scale, default=1.0, metavar="X", help="size of text, 1 to 2 (default 1)"
    )


def run(args: argparse.Namespace) -> int:
    """Make the picture."""
    preset = check_preset(args.preset or DEFAULT_PRESET)
    out: Path = args.out
    if out.suffix.lower() != ".png":
        raise CommandError(f"The picture is a PNG: --out must end in .png, not {out.name!r}.", WRONG_USAGE)
    if not out.absolute().parent.is_dir():
        raise CommandError(f"There is no folder {out.absolute().parent} to put the picture in.", FAILED)
    if args.past is not None and args.past > args.steps:
        raise CommandError(
            f"Step {args.past:,} is not past: the run has {args.steps:,} steps (--steps).", WRONG_USAGE
        )
    require_drawing()
    from weightdeck_desktop.shot import make_shot

    try:
        make_shot(
            preset,
            args.steps,
            size=args.size,
            theme=args.theme,
            workspace=args.workspace,
            scale=args.scale,
            out=out,
            seed=args.seed,
            panel=args.panel or "",
            past=args.past,
        )
    except (OSError, RuntimeError, ValueError) as problem:
        raise CommandError(f"The picture was not made: {problem}", FAILED) from None
    width, height = args.size
    if args.json:
        emit({"done": True, "out": str(out), "width": width, "height": height, "steps": args.steps})
    else:
        say(f"{out}: {width}x{height} pixels, step {args.steps:,} of {preset}")
    return 0


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write it like 1440x900")
    width, height = (int(number) for number in match.groups())
    if not all(SMALLEST <= number <= LARGEST for number in (width, height)):
        raise argparse.ArgumentTypeError(f"{text}: a side may have {SMALLEST} to {LARGEST} pixels")
    return width, height


def _scale(text: str) -> float:
    scale = float(text)
    low, high = SCALES
    if not low <= scale <= high:
        raise argparse.ArgumentTypeError(f"text scales from {low:g} to {high:g}, not {text}")
    return scale
