"""Reads the command line, runs what it asks for and turns failures into sentences and exit codes."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import weightdeck
from weightdeck.cli import bench, doctor, explain, info, log, predict, replay, shot, taps, train, window
from weightdeck.cli.arguments import add_json, add_preset
from weightdeck.cli.failure import FAILED, INTERRUPTED, WRONG_USAGE, CommandError
from weightdeck.cli.output import emit, say, tell

SUBCOMMANDS = {
    "train": train,
    "info": info,
    "replay": replay,
    "predict": predict,
    "taps": taps,
    "explain": explain,
    "log": log,
    "shot": shot,
    "bench": bench,
    "doctor": doctor,
}
OPEN = "open"  # stands for FILE without a command; a file of this name is opened like any other
EPILOG = (
    "Without a command the window opens, on a new run or on the one in FILE. "
    "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 no display, 130 and 143 interrupted."
)


class Parser(argparse.ArgumentParser):
    """An argument parser whose complaint is one sentence and a hint; it takes no abbreviated options."""

    def __init__(self, **keywords: object) -> None:
        super().__init__(allow_abbrev=False, **keywords)  # type: ignore[arg-type]  # argparse's own keywords

    def error(self, message: str) -> NoReturn:
        self.exit(WRONG_USAGE, f"{self.prog}: {message}. `{self.prog} --help` shows what can be given.\n")


class Version(argparse.Action):
    """Prints the version and ends; no other command spends the time that it takes to look it up."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        say(f"weightdeck {weightdeck.__version__}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (this process's when None); returns the exit code.

    Raises ``SystemExit`` as argparse does, for ``--help``, ``--version`` and what cannot be parsed.
    """
    args = build_parser().parse_args(with_file(sys.argv[1:] if argv is None else argv))
    try:
        code: int = args.run(args)
        return code
    except CommandError as failure:
        tell(f"weightdeck: {failure}")
        if args.json:
            emit({"error": str(failure)})
        return failure.exit_code
    except KeyboardInterrupt:
        tell("weightdeck: stopped by you.")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the results has gone; the interpreter would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def build_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = Parser(
        prog="weightdeck",
        usage="weightdeck [-h] [--version] [--preset NAME] [FILE | COMMAND ...]",
        description="Watch a small transformer train, turn its weights like knobs, see predictions change.",
        epilog=EPILOG,
    )
    parser.add_argument("--version", action=Version, nargs=0, help="print the version and exit")
    add_preset(parser)
    parser.set_defaults(run=window.run, json=False, preset=None, file="")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", prog="weightdeck")
    window.add_file(commands.add_parser(OPEN, prog="weightdeck"))
    for name, module in SUBCOMMANDS.items():
        command = commands.add_parser(
            name, help=module.HELP, description=module.__doc__, epilog=module.EPILOG
        )
        module.add_arguments(command)
        add_json(command)
        command.set_defaults(run=module.run)
    return parser


def with_file(argv: Sequence[str]) -> list[str]:
    """The command line with `OPEN` before a first argument that is neither a command nor an option."""
    takes_value = False
    for at, argument in enumerate(argv):
        if takes_value or (argument.startswith("-") and argument not in ("-", "--")):
            takes_value = not takes_value and argument == "--preset"
        elif argument in SUBCOMMANDS:
            break
        else:
            return [*argv[:at], OPEN, *argv[at:]]
    return list(argv)
