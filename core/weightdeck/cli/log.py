"""Tell what was done to a run by hand, in words: its journal, oldest first."""

from __future__ import annotations

import argparse

from weightdeck.cli.arguments import add_branch, add_file
from weightdeck.cli.documents import place_of, reading
from weightdeck.cli.output import emit, say

HELP = "what was done to a run by hand, in words"
EPILOG = "A step is how many updates had been made when the command took effect."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_file(parser)
    add_branch(parser)


def run(args: argparse.Namespace) -> int:
    """A line for each command."""
    from weightdeck.data.corpus import load_corpus
    from weightdeck.run.layout import layout
    from weightdeck.run.words import command_title

    with reading(args.file) as document:
        branch = place_of(document, args.branch, None).branch
        spec = document.spec_of(branch)
        vocabulary = load_corpus(spec.dataset, spec.model.block_size, spec.seed).tokenizer.vocabulary
        entries = document.journal(branch)
    if not entries and not args.json:
        say("Nothing was done by hand.")
    for entry in entries:
        words = command_title(entry.command, vocabulary, layout(spec.model))
        if args.json:
            emit({"step": entry.step, "words": words})
        else:
            say(f"{entry.step:>9,}  {words}")
    return 0
