"""Measure how fast Weightdeck is, as ratios against what it is to be compared with."""

from __future__ import annotations

import argparse

from weightdeck.cli.display import require_drawing

HELP = "measure speed, as ratios"
EPILOG = "Leave the machine alone meanwhile; medians of seven alternations still differ by a few per cent."


def _engine(as_json: bool) -> int:
    from weightdeck.bench.engine import run_bench

    return run_bench(as_json)


def _threads(as_json: bool) -> int:
    from weightdeck.bench.threads import run_bench

    return run_bench(as_json)


def _live(as_json: bool) -> int:
    require_drawing()
    from weightdeck_desktop.bench_live import run_bench

    return run_bench(as_json)


def _knob(as_json: bool) -> int:
    require_drawing()
    from weightdeck_desktop.bench_knob import run_bench

    return run_bench(as_json)


def _inside(as_json: bool) -> int:
    require_drawing()
    from weightdeck_desktop.bench_inside import run_bench

    return run_bench(as_json)


def _seek(as_json: bool) -> int:
    from weightdeck.bench.seek import run_bench

    return run_bench(as_json)


BENCHES = {
    "engine": _engine,
    "threads": _threads,
    "seek": _seek,
    "live": _live,
    "knob": _knob,
    "inside": _inside,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only",
        choices=BENCHES,
        metavar="NAME",
        help=(
            "engine: training against a plain PyTorch loop; threads: with other numbers of compute threads; "
            "seek: going back in a long run, and what keeping it costs; "
            "live: with and without the window; knob: from a turn to the new predictions; "
            "inside: how fluid the window is with every panel of Inside"
        ),
    )


def run(args: argparse.Namespace) -> int:
    """Run one bench or all; 0 when each could be measured."""
    chosen = BENCHES if args.only is None else (args.only,)
    return max(BENCHES[name](args.json) for name in chosen)
