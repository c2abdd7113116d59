"""Versions, what is missing, fonts, threads, GPU."""

from __future__ import annotations

import argparse

HELP = "say what this machine has and lacks"
EPILOG = None


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """The doctor takes none."""


def run(args: argparse.Namespace) -> int:
    """0 when everything that is needed is there."""
    from weightdeck.doctor import run_doctor

    return run_doctor(args.json)
