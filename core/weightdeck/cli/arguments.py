"""Arguments that several subcommands share, and the run that they describe."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

from weightdeck.cli.failure import WRONG_USAGE, CommandError
from weightdeck.run.presets import DEFAULT_PRESET, load_preset, preset_names
from weightdeck.run.spec import HYPERPARAMETERS, SCHEDULES, RunSpec


def add_preset(parser: argparse.ArgumentParser) -> None:
    """``--preset``. Not set here by default, so that it may also stand before the subcommand."""
    parser.add_argument(
        "--preset",
        metavar="NAME",
        default=argparse.SUPPRESS,
        help=f"what to train: {', '.join(preset_names())} (default {DEFAULT_PRESET})",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    """``--json``."""
    parser.add_argument(
        "--json",
        action="store_true",
        help="results as one JSON object a line on standard output, messages on standard error",
    )


def add_file(parser: argparse.ArgumentParser) -> None:
    """``FILE``: a run that is only read."""
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a run; it is not changed, and may be open elsewhere"
    )


def add_branch(parser: argparse.ArgumentParser) -> None:
    """``--branch``; None for the one at which the run was left."""
    parser.add_argument(
        "--branch", type=int, metavar="N", help="which branch, by its number (default the one that trains)"
    )


def add_hyperparameters(parser: argparse.ArgumentParser) -> None:
    """Every training setting under its own name; None when it is not given."""
    group = parser.add_argument_group("training settings", "The preset's own where none is given.")
    for setting in HYPERPARAMETERS.values():
        group.add_argument(
            f"--{setting.name}",
            type=float,
            metavar="N" if setting.integer else "X",
            help=f"{setting.help} {setting.minimum:g} to {setting.maximum:g}.",
        )
    group.add_argument("--lr_schedule", choices=SCHEDULES, help="What follows the warm-up.")


def steps(text: str) -> int:
    """A number of steps, for argparse's ``type``."""
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"a number of steps cannot be negative: {text}")
    return number


def count(text: str) -> int:
    """A number of things, at least one, for argparse's ``type``."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"it must be at least 1: {text}")
    return number


def check_preset(name: str) -> str:
    """The name itself. Raises `CommandError` (wrong usage) when there is no such preset."""
    if name not in preset_names():
        raise CommandError(
            f"There is no preset called {name!r}; known: {', '.join(preset_names())}.", WRONG_USAGE
        )
    return name


def given_settings(args: argparse.Namespace) -> dict[str, float]:
    """The training settings that were given, by name. Raises `CommandError` (wrong usage) for one out of its range."""
    given = {name: getattr(args, name) for name in HYPERPARAMETERS if getattr(args, name) is not None}
    try:
        return {name: HYPERPARAMETERS[name].check(value) for name, value in given.items()}
    except ValueError as problem:
        raise CommandError(str(problem), WRONG_USAGE) from None


def run_spec(args: argparse.Namespace) -> RunSpec:
    """The preset as the arguments change it. Raises `CommandError` (wrong usage) with a sentence."""
    spec = load_preset(check_preset(args.preset or DEFAULT_PRESET))
    changes: dict[str, Any] = given_settings(args)
    if args.lr_schedule is not None:
        changes["lr_schedule"] = args.lr_schedule
    try:
        return replace(
            spec,
            hyperparameters=replace(spec.hyperparameters, **changes),
            seed=spec.seed if args.seed is None else args.seed,
            threads=spec.threads if args.threads is None else args.threads,
        )
    except ValueError as problem:
        raise CommandError(str(problem), WRONG_USAGE) from None
