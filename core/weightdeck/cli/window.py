"""``weightdeck`` without a subcommand: the window, on a new run or on the one in a file."""

from __future__ import annotations

import argparse
from pathlib import Path

from weightdeck.cli.arguments import check_preset
from weightdeck.cli.display import require_window
from weightdeck.cli.failure import WRONG_USAGE, CommandError
from weightdeck.run.presets import DEFAULT_PRESET


def add_file(parser: argparse.ArgumentParser) -> None:
    """``FILE``: the run that the window opens."""
    parser.add_argument("file", metavar="FILE", type=_existing, help="a run to open and to continue")


def run(args: argparse.Namespace) -> int:
    """Open the window and wait until it has closed."""
    if args.preset and args.file:
        raise CommandError("A file has its own preset: give --preset or FILE, not both.", WRONG_USAGE)
    preset = check_preset(args.preset or DEFAULT_PRESET)
    require_window()
    from weightdeck_desktop.app import main

    return main(preset, args.file)


def _existing(text: str) -> str:
    if not Path(text).exists():
        raise argparse.ArgumentTypeError(f"there is no command and no file called {text!r}")
    return text
