"""Train without a window: the same run, bit for bit, that the window would train. Kept in a file, or gone on with."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from weightdeck.cli.arguments import add_hyperparameters, add_preset, given_settings, run_spec, steps
from weightdeck.cli.failure import FAILED, WRONG_USAGE, CommandError
from weightdeck.cli.kept import KeptRun, new_path
from weightdeck.cli.output import emit, say, tell
from weightdeck.cli.progress import ProgressBar
from weightdeck.run.document import NewRun, SavedRun

if TYPE_CHECKING:
    from collections.abc import Callable

    from weightdeck.headless import HeadlessRun
    from weightdeck.run.spec import RunSpec

HELP = "train without a window"
EPILOG = (
    "The same command gives the same hashes on the same machine, and so does a run that was interrupted and went on. "
    "Examples: weightdeck train --preset names --steps 500 --out run; weightdeck train run.weightdeck --steps 500"
)
REPORT_INTERVAL_S = 1.0
OF_NEW_RUNS = ("preset", "seed", "threads", "lr_schedule", "out")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="a run to go on with where it was left; training settings that are given change there",
    )
    add_preset(parser)
    parser.add_argument("--out", type=Path, metavar="FILE", help="keep the new run in this new file")
    parser.add_argument(
        "--steps", type=steps, metavar="N", help="how many steps (default to the run's max_iters)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="S", help="of weights, batches and split (default the preset's)"
    )
    parser.add_argument("--threads", type=int, metavar="T", help="compute threads (default the preset's)")
    add_hyperparameters(parser)


def run(args: argparse.Namespace) -> int:
    """Train, then measure over the whole validation split. 1 when what was made could not be saved."""
    if args.file is not None:
        return _go_on(args)
    spec = run_spec(args)
    if args.out is not None:
        return _keep(args, spec, new_path(args.out))
    from weightdeck.headless import HeadlessRun

    run = HeadlessRun(spec)
    wanted: int = spec.hyperparameters.max_iters if args.steps is None else args.steps
    _begin(run, wanted, args.json)
    _end(run, wanted, _train(run, wanted, args.json), args.json)
    return 0


def _keep(args: argparse.Namespace, spec: RunSpec, path: Path) -> int:
    """A new run in a new file."""
    wanted: int = spec.hyperparameters.max_iters if args.steps is None else args.steps
    with KeptRun(NewRun(spec, str(path))) as kept:
        _begin(kept.run, wanted, args.json)
        took_s = _train(kept.run, wanted, args.json, kept.between_steps)
    _end(kept.run, wanted, took_s, args.json, kept)
    return kept.exit_code


def _go_on(args: argparse.Namespace) -> int:
    """The run of a file, some steps more."""
    for name in OF_NEW_RUNS:
        if getattr(args, name) is not None:
            raise CommandError(
                f"FILE has its own {name}: --{name} is for a new run. Give FILE or --{name}, not both.",
                WRONG_USAGE,
            )
    settings = given_settings(args)
    with KeptRun(SavedRun(str(args.file))) as kept:
        kept.catch_up()
        kept.set_all(settings)
        trainer = kept.run.trainer
        planned = max(0, trainer.hyperparameters.max_iters - trainer.step)
        wanted: int = planned if args.steps is None else args.steps
        _begin(kept.run, wanted, args.json)
        took_s = _train(kept.run, wanted, args.json, kept.between_steps)
    _end(kept.run, wanted, took_s, args.json, kept)
    return kept.exit_code


def _begin(run: HeadlessRun, wanted: int, as_json: bool) -> None:
    """Say what is trained."""
    if as_json:
        return
    trainer = run.trainer
    spec = trainer.spec
    begun = f", from step {trainer.step:,}" if trainer.step else ""
    size = trainer.parameters.layout.num_parameters
    say(f"{spec.preset}: {size:,} parameters, seed {spec.seed}{begun}, {wanted:,} steps")


def _train(
    run: HeadlessRun, wanted: int, as_json: bool, between_steps: Callable[[], str] = lambda: ""
) -> float:
    """Make the steps, telling about once a second how far they are; returns the seconds that they took."""
    from weightdeck.training.trainer import NotFiniteError

    bar = ProgressBar(wanted)
    bar.show(0, "")
    started_s = told_s = time.perf_counter()
    told_step = 0
    try:
        for done in range(1, wanted + 1):
            if news := between_steps():
                bar.clear()
                tell(f"weightdeck: {news}")
            step, train_loss, *_ = run.step()
            now_s = time.perf_counter()
            if now_s - told_s < REPORT_INTERVAL_S:
                continue
            steps_per_s = (done - told_step) / (now_s - told_s)
            told_s, told_step = now_s, done
            if as_json:
                emit({"step": step + 1, "train_loss": train_loss, "steps_per_s": round(steps_per_s, 2)})
            left_s = (wanted - done) / steps_per_s
            bar.show(done, f"loss {train_loss:.3f}  {steps_per_s:.0f} steps/s  {left_s:.0f} s left")
    except NotFiniteError as problem:
        raise CommandError(str(problem), FAILED) from None
    finally:
        bar.clear()
    return time.perf_counter() - started_s


def _end(run: HeadlessRun, wanted: int, took_s: float, as_json: bool, kept: KeptRun | None = None) -> None:
    """Say what has come of it, and the file that has it."""
    result = _result(run, wanted / took_s if wanted else None)
    if kept is not None:
        result |= {"file": kept.path, "saved": kept.is_saved}
    if as_json:
        emit(result)
    else:
        say(_summary(result, run.trainer.spec))


def _result(run: HeadlessRun, steps_per_s: float | None) -> dict[str, object]:
    """The last line: losses in nats per token, hashes, and what they depend on."""
    from weightdeck.probes.samples import exact_share

    trainer, spec = run.trainer, run.trainer.spec
    losses = run.history.metric("train_loss")
    references = trainer.references
    result: dict[str, object] = {
        "done": True,
        "preset": spec.preset,
        "seed": spec.seed,
        "steps": trainer.step,
        "train_loss": float(losses[-1]) if len(losses) else None,
        "val_loss": trainer.validation_loss(),
        "uniform": references.uniform,
        "unigram": references.unigram,
        "bigram": references.bigram,
        "steps_per_s": None if steps_per_s is None else round(steps_per_s, 2),
        "weights_sha256": trainer.weights_sha256(),
        "state_sha256": trainer.state_sha256(),
        "numerics": trainer.numerics,
        "threads": spec.threads,
        "parameters": trainer.parameters.layout.num_parameters,
    }
    if trainer.corpus.has_answers:
        result["exact"], result["exact_n"] = exact_share(trainer)
    return result


def _summary(result: dict[str, object], spec: RunSpec) -> str:
    """The result for a person."""
    from weightdeck.run.words import perplexity_words

    val_loss = result["val_loss"]
    assert isinstance(val_loss, float)
    lines = [
        f"validation loss  {val_loss:.4f} nats: as unsure as among {perplexity_words(val_loss)}",
        (
            f"to compare       uniform {result['uniform']:.4f}, letter counts {result['unigram']:.4f}, "
            f"letter pairs {result['bigram']:.4f}"
        ),
    ]
    if result["train_loss"] is not None:
        lines.insert(0, f"training loss    {result['train_loss']:.4f} nats, in the last step's batch")
        lines.append(f"speed            {result['steps_per_s']} steps/s; compute threads: {spec.threads}")
    if "exact" in result:
        lines.append(f"exactly right    {result['exact']:.2%} of {result['exact_n']} held-out sequences")
    lines.append(f"weights sha256   {result['weights_sha256']}")
    lines.append(f"state sha256     {result['state_sha256']}")
    lines.append(f"numerics         {result['numerics']}")
    if "file" in result:
        lines.append(
            f"file             {result['file']}{'' if result['saved'] else ', not saved to its end'}"
        )
    return "\n".join(lines)
