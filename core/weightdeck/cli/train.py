"""Train a preset without a window: the same run, bit for bit, that the window would train."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from weightdeck.cli.arguments import add_hyperparameters, add_preset, run_spec, steps
from weightdeck.cli.failure import FAILED, CommandError
from weightdeck.cli.output import emit, say
from weightdeck.cli.progress import ProgressBar

if TYPE_CHECKING:
    from weightdeck.headless import HeadlessRun
    from weightdeck.run.spec import RunSpec

HELP = "train without a window"
EPILOG = "The same command gives the same hashes on the same machine."
REPORT_INTERVAL_S = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_preset(parser)
    parser.add_argument(
        "--steps", type=steps, metavar="N", help="how many steps (default the run's max_iters)"
    )
    parser.add_argument(
        "--seed", type=int, metavar="S", help="of weights, batches and split (default the preset's)"
    )
    parser.add_argument("--threads", type=int, metavar="T", help="compute threads (default the preset's)")
    add_hyperparameters(parser)


def run(args: argparse.Namespace) -> int:
    """Train, then measure over the whole validation split."""
    spec = run_spec(args)
    from weightdeck.headless import HeadlessRun

    run = HeadlessRun(spec)
    wanted: int = spec.hyperparameters.max_iters if args.steps is None else args.steps
    if not args.json:
        size = run.trainer.parameters.layout.num_parameters
        say(f"{spec.preset}: {size:,} parameters, seed {spec.seed}, {wanted:,} steps")
    took_s = _train(run, wanted, args.json)
    result = _result(run, wanted / took_s if wanted else None)
    if args.json:
        emit(result)
    else:
        say(_summary(result, spec))
    return 0


def _train(run: HeadlessRun, wanted: int, as_json: bool) -> float:
    """Make the steps, telling about once a second how far they are; returns the seconds that they took."""
    from weightdeck.training.trainer import NotFiniteError

    bar = ProgressBar(wanted)
    bar.show(0, "")
    started_s = told_s = time.perf_counter()
    told_step = 0
    try:
        for done in range(1, wanted + 1):
            _, train_loss, *_ = run.step()
            now_s = time.perf_counter()
            if now_s - told_s < REPORT_INTERVAL_S:
                continue
            steps_per_s = (done - told_step) / (now_s - told_s)
            told_s, told_step = now_s, done
            if as_json:
                emit({"step": done, "train_loss": train_loss, "steps_per_s": round(steps_per_s, 2)})
            left_s = (wanted - done) / steps_per_s
            bar.show(done, f"loss {train_loss:.3f}  {steps_per_s:.0f} steps/s  {left_s:.0f} s left")
    except NotFiniteError as problem:
        raise CommandError(str(problem), FAILED) from None
    finally:
        bar.clear()
    return time.perf_counter() - started_s


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
        lines.append(f"sorted exactly   {result['exact']:.2%} of {result['exact_n']} held-out sequences")
    lines.append(f"weights sha256   {result['weights_sha256']}")
    lines.append(f"state sha256     {result['state_sha256']}")
    lines.append(f"numerics         {result['numerics']}")
    return "\n".join(lines)
