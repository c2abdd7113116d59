"""Where one number of a prompt's forward pass comes from: its formula, with the real operands."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING

from weightdeck.cli.failure import WRONG_USAGE, CommandError
from weightdeck.cli.output import emit, say
from weightdeck.cli.prompted import add_prompted, prompted

if TYPE_CHECKING:
    from weightdeck.run.explanation import Explanation, Term

HELP = "where a number of a prompt's forward pass comes from"
EPILOG = "Example: weightdeck explain run.weightdeck --prompt chri --tap blocks.0.mlp.pre --index 3,17 --json"
MOST_TERMS = 12  # that are written without --json


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_prompted(parser)
    parser.add_argument(
        "--tap", required=True, metavar="NAME", help="which activation, for example blocks.0.attn.pattern"
    )
    parser.add_argument(
        "--index",
        type=_index,
        required=True,
        metavar="I,J,...",
        help="which of its numbers, from 0: token,feature or head,token,feature or head,query,key",
    )


def run(args: argparse.Namespace) -> int:
    """The number with one line of arithmetic that makes it."""
    from weightdeck.probes.explain import check_cell, explain_tap
    from weightdeck.probes.passes import prompt_pass
    from weightdeck.run.subjects import InPrompt, TapCell

    asked = prompted(args)
    trainer, ids = asked.trainer, asked.prompt.ids
    cell = TapCell(InPrompt(args.prompt), args.tap, args.index)
    try:
        check_cell(cell, trainer.spec.model, len(ids))
    except ValueError as problem:
        raise CommandError(str(problem), WRONG_USAGE) from None
    made = prompt_pass(trainer.now, args.prompt, ids)
    explanation = explain_tap(made, cell, trainer.corpus.tokenizer.vocabulary)
    if args.json:
        emit(_as_json(explanation) | {"ids": list(ids), "branch": asked.place.branch})
    else:
        _say(explanation)
    return 0


def _as_json(explanation: Explanation) -> dict[str, object]:
    return {
        "subject": str(explanation.subject),
        "title": explanation.title,
        "value": _finite(explanation.value),
        "rule": explanation.rule.value,
        "formula": {"symbols": explanation.symbols, "numbers": explanation.numbers},
        "operands": [
            {
                "label": _label(term),
                "values": [_finite(operand.value) for operand in term.operands],
                "product": _finite(term.value),
                "from": [
                    None if operand.subject is None else str(operand.subject) for operand in term.operands
                ],
            }
            for term in explanation.terms
        ],
        "facts": [
            {"label": fact.label, "symbol": fact.symbol, "value": _finite(fact.value)}
            for fact in explanation.facts
        ],
        "note": explanation.note,
        "step": explanation.step,
    }


def _say(explanation: Explanation) -> None:
    from weightdeck.probes.explain_written import figure

    say(f"{explanation.title}, at step {explanation.step:,}")
    say(f"  = {figure(explanation.value, 6)}")
    say(f"  = {explanation.symbols}")
    say(f"  = {explanation.numbers}")
    if explanation.note:
        say(explanation.note)
    for fact in explanation.facts:
        say(f"  {fact.symbol}: {figure(fact.value, 6)}, {fact.label}")
    terms = [explanation.terms[place] for place in explanation.largest[:MOST_TERMS]]
    say(f"operands, largest first ({len(terms)} of {len(explanation.terms)})")
    for term in terms:
        factors = " × ".join(f"{operand.label} {figure(operand.value)}" for operand in term.operands)
        say(f"  {figure(term.value, 6):>12}  {factors}")


def _label(term: Term) -> str:
    return " × ".join(operand.label for operand in term.operands)


def _finite(value: float) -> float | str:
    """JSON has no infinity: the score of a masked token is the text "-inf"."""
    return value if math.isfinite(value) else str(value)


def _index(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(place) for place in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"it is whole numbers with commas, as in 3,17: {text!r}") from None
