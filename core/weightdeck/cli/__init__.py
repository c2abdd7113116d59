"""The command ``weightdeck``. A file for each subcommand; each imports what is heavy only when it runs."""

from weightdeck.cli.program import main

__all__ = ["main"]
