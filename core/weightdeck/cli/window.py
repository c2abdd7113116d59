"""``weightdeck`` without a subcommand: the window."""

from __future__ import annotations

import argparse

from weightdeck.cli.arguments import check_preset
from weightdeck.cli.display import require_window


def run(args: argparse.Namespace) -> int:
    """Open the window and wait until it has closed."""
    argv = [] if args.preset is None else ["--preset", check_preset(args.preset)]
    require_window()
    from weightdeck_desktop.app import main

    return main(argv)
