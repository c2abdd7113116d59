"""``weightdeck`` without a subcommand: the window."""

from __future__ import annotations

import argparse

from weightdeck.cli.arguments import check_preset
from weightdeck.cli.display import require_window
from weightdeck.run.presets import DEFAULT_PRESET


def run(args: argparse.Namespace) -> int:
    """Open the window and wait until it has closed."""
    preset = check_preset(args.preset or DEFAULT_PRESET)
    require_window()
    from weightdeck_desktop.app import main

    return main(preset)
