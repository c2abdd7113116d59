"""The command: exit codes, sentences, JSON lines, and results that are the library's."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from weightdeck.cli import main
from weightdeck.cli.program import build_parser, with_file
from weightdeck.headless import HeadlessRun
from weightdeck.probes.samples import exact_share
from weightdeck.run.presets import load_preset
from weightdeck.run.spec import HYPERPARAMETERS

ROOT = Path(__file__).parents[2]
Captured = pytest.CaptureFixture[str]


def environment(**changes: str) -> dict[str, str]:
    """This process's, without anything that says where to draw."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    return {**kept, "PYTHONPATH": os.pathsep.join((str(ROOT / "core"), str(ROOT / "desktop"))), **changes}


def weightdeck(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [sys.executable, "-m", "weightdeck", *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment(**changes), timeout=120
    )


def results(capsys: Captured) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_train_gives_the_librarys_results(capsys: Captured) -> None:
    assert main(["train", "--preset", "sort", "--steps", "12", "--seed", "3", "--json"]) == 0
    *progress, result = results(capsys)
    run = HeadlessRun(load_preset("sort").with_seed(3))
    run.train(12)
    trainer = run.trainer
    exact, exact_n = exact_share(trainer)
    speed = result.pop("steps_per_s")
    assert isinstance(speed, float)
    assert speed > 0.0
    assert result == {
        "done": True,
        "preset": "sort",
        "seed": 3,
        "steps": 12,
        "train_loss": run.history.metric("train_loss")[-1],
        "val_loss": trainer.validation_loss(),
        "uniform": trainer.references.uniform,
        "unigram": trainer.references.unigram,
        "bigram": trainer.references.bigram,
        "weights_sha256": trainer.weights_sha256(),
        "state_sha256": trainer.state_sha256(),
        "numerics": trainer.numerics,
        "threads": 1,
        "parameters": 85_728,
        "exact": exact,
        "exact_n": exact_n,
    }
    assert all(set(line) == {"step", "train_loss", "steps_per_s"} for line in progress)


def test_the_same_command_twice_gives_the_same_hashes() -> None:
    command = ("train", "--preset", "names", "--steps", "5", "--dropout", "0.1", "--json")
    first, second = (json.loads(weightdeck(*command).stdout.splitlines()[-1]) for _ in range(2))
    assert first["state_sha256"] == second["state_sha256"]
    assert "exact" not in first
    other = json.loads(weightdeck(*command, "--seed", "2").stdout.splitlines()[-1])
    assert other["weights_sha256"] != first["weights_sha256"]


def test_every_setting_can_be_given_by_its_name(capsys: Captured) -> None:
    values = {
        "learning_rate": 2e-3,
        "min_lr": 1e-5,
        "warmup_iters": 2,
        "max_iters": 3,
        "batch_size": 4,
        "weight_decay": 0.2,
        "beta1": 0.8,
        "beta2": 0.97,
        "grad_clip": 0.5,
        "dropout": 0.05,
    }
    assert set(values) == set(HYPERPARAMETERS)
    options = [text for name, value in values.items() for text in (f"--{name}", str(value))]
    assert (
        main(["--preset", "sort", "train", *options, "--lr_schedule", "constant", "--steps", "5", "--json"])
        == 0
    )
    (result,) = results(capsys)
    spec = load_preset("sort")
    for name, value in values.items():
        spec = type(spec)(
            **{**_fields(spec), "hyperparameters": spec.hyperparameters.with_value(name, value)}
        )
    settings = type(spec.hyperparameters)(**{**_fields(spec.hyperparameters), "lr_schedule": "constant"})
    run = HeadlessRun(type(spec)(**{**_fields(spec), "hyperparameters": settings}))
    run.train(5)  # beyond max_iters
    assert result["state_sha256"] == run.trainer.state_sha256()


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}  # type: ignore[attr-defined]


def test_without_json_it_speaks_plainly(capsys: Captured) -> None:
    assert main(["train", "--preset", "sort", "--steps", "2"]) == 0
    said = capsys.readouterr()
    assert "85,728 parameters, seed 1, 2 steps" in said.out
    assert "as unsure as among" in said.out
    assert "held-out sequences" in said.out
    assert said.err == "", "no progress bar where there is no terminal"


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo terminal")
def test_on_a_terminal_there_is_a_progress_bar() -> None:
    terminal, end = os.openpty()
    command = [sys.executable, "-m", "weightdeck", "train", "--preset", "sort", "--steps", "2", "--json"]
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=end, env=environment(), check=True, timeout=120
    )
    os.close(end)
    drawn = os.read(terminal, 4096)
    os.close(terminal)
    assert json.loads(done.stdout.splitlines()[-1])["done"]
    assert b"[" + b"." * 40 + b"] 0 of 2" in drawn
    assert drawn.endswith(b"\r\x1b[K"), "the line is taken away in the end"


def test_no_steps_measure_the_untrained_model(capsys: Captured) -> None:
    assert main(["train", "--steps", "0", "--json"]) == 0
    (result,) = results(capsys)
    assert (result["steps"], result["train_loss"], result["steps_per_s"]) == (0, None, None)
    assert result["val_loss"] == pytest.approx(result["uniform"], abs=0.05)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["train", "--learning_rate", "99"], "learning_rate must lie between 0 and 10; it is 99."),
        (["train", "--batch_size", "2.5"], "batch_size must be a whole number; it is 2.5."),
        (["train", "--learning_rate", "nan"], "learning_rate must be a finite number; it is nan."),
        (["train", "--seed", "-1"], "seed must be a whole number"),
        (["train", "--threads", "0"], "threads must lie between 1 and 256; it is 0."),
        (
            ["train", "--preset", "shakespeare"],
            "There is no preset called 'shakespeare'; known: names, induction, sort.",
        ),
        (["shot", "--preset", "../x", "--out", "a.png"], "There is no preset called '../x'"),
        (["shot", "--out", "a.jpg"], "must end in .png"),
        (["--preset", "nonsense"], "There is no preset called 'nonsense'"),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value),
)
def test_wrong_values_end_with_a_sentence_and_2(
    arguments: list[str], sentence: str, capsys: Captured
) -> None:
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.out == ""
    if len(arguments) > 2:
        assert main([*arguments, "--json"]) == 2
        said = capsys.readouterr()
        assert sentence in json.loads(said.out)["error"]
        assert sentence in said.err


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "--steps", "-1"],
        ["train", "--steps", "many"],
        ["train", "--learning_rate", "fast"],
        ["train", "--learn", "0.1"],
        ["train", "--lr_schedule", "linear"],
        ["shot"],
        ["shot", "--out", "a.png", "--size", "10x10"],
        ["shot", "--out", "a.png", "--size", "big"],
        ["shot", "--out", "a.png", "--scale", "9"],
        ["shot", "--out", "a.png", "--theme", "pink"],
        ["bench", "--only", "everything"],
        ["dance"],
        ["not here.weightdeck"],
        ["--preset", "sort", "dance"],
        ["--presets", "names"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_parsed_ends_with_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "--help` shows what can be given." in said.err


@pytest.mark.parametrize(
    ("arguments", "file"),
    [
        ([], ""),
        (["--preset", "sort"], ""),
        (["{run}"], "{run}"),
        (["--", "{run}"], "{run}"),
        (["train"], ""),
        (["--preset", "sort", "train"], ""),
    ],
    ids=" ".join,
)
def test_a_first_argument_that_is_no_command_is_a_file(
    arguments: list[str], file: str, tmp_path: Path
) -> None:
    run = tmp_path / "a run.weightdeck"
    run.touch()
    given = [argument.format(run=run) for argument in arguments]
    assert (build_parser().parse_args(with_file(given)).file or "") == file.format(run=run)


def test_a_file_has_its_own_preset(tmp_path: Path, capsys: Captured) -> None:
    run = tmp_path / "train"  # called like a command
    run.touch()
    assert main(["--preset", "sort", str(run)]) == 2
    assert "not both" in capsys.readouterr().err


def test_a_step_that_is_not_finite_ends_with_its_sentence_and_1(capsys: Captured) -> None:
    """A decay of ten at a rate of ten multiplies every weight by -99, step after step."""
    extreme = ["--learning_rate", "10", "--weight_decay", "10", "--warmup_iters", "0"]
    assert main(["train", "--preset", "sort", "--steps", "60", *extreme, "--json"]) == 1
    said = capsys.readouterr()
    *_, result = [json.loads(line) for line in said.out.splitlines()]
    assert "was not kept" in result["error"]
    assert said.err == f"weightdeck: {result['error']}\n"


def test_a_picture_needs_a_folder(tmp_path: Path, capsys: Captured) -> None:
    assert main(["shot", "--out", str(tmp_path / "not here" / "a.png")]) == 1
    assert "There is no folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["train", "--help"], ["shot", "--help"], ["bench", "--help"], ["doctor", "--help"]],
)
def test_help_fits_a_terminal(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 0
    said = capsys.readouterr()
    assert said.out.startswith("usage: weightdeck")
    assert all(len(line) <= 100 for line in said.out.splitlines())


def test_version() -> None:
    done = weightdeck("--version")
    assert done.returncode == 0
    assert done.stdout.startswith("weightdeck ")


def test_without_a_display_the_window_says_so_and_ends_with_3() -> None:
    for arguments in ((), ("--preset", "sort")):
        done = weightdeck(*arguments)
        assert done.returncode == 3
        assert done.stderr.startswith("weightdeck: There is no display")
        assert done.stdout == ""


@pytest.mark.parametrize("variable", ["DISPLAY", "WAYLAND_DISPLAY"])
def test_a_display_that_does_not_answer_is_none(variable: str, tmp_path: Path) -> None:
    done = weightdeck(**{variable: ":987", "XDG_RUNTIME_DIR": str(tmp_path)})
    assert done.returncode == 3
    assert done.stderr.startswith(
        ("weightdeck: The display does not answer", "weightdeck: Qt needs system libraries")
    )


BLOCKED = """
import sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"PySide6", "shiboken6", "pyqtgraph", "weightdeck_desktop"}:
            raise ImportError(f"{name} must not be imported here")
        return None

sys.meta_path.insert(0, Blocker())
from weightdeck.cli import main
code = main(sys.argv[1:])
sys.exit(code)
"""


def test_training_imports_no_qt() -> None:
    command = [sys.executable, "-c", BLOCKED, "train", "--preset", "sort", "--steps", "1", "--json"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment(), timeout=120
    )
    assert done.returncode == 0, done.stderr


def test_the_command_line_itself_imports_neither_torch_nor_numpy_nor_qt() -> None:
    program = """
import sys
from weightdeck.cli.program import build_parser
build_parser().parse_args(["train", "--steps", "3"])
assert not {"torch", "numpy", "PySide6", "weightdeck_desktop"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", program], check=True, env=environment(), timeout=120)


def test_ctrl_c_ends_with_a_sentence_and_130() -> None:
    command = [
        sys.executable,
        "-m",
        "weightdeck",
        "train",
        "--preset",
        "sort",
        "--steps",
        "1000000",
        "--json",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        assert json.loads(process.stdout.readline())["step"] > 0
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == "weightdeck: stopped by you.\n"


def test_a_reader_that_goes_away_is_no_traceback() -> None:
    command = [
        sys.executable,
        "-m",
        "weightdeck",
        "train",
        "--preset",
        "sort",
        "--steps",
        "1000000",
        "--json",
    ]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(timeout=60) == 1
        assert process.stderr is not None
        assert process.stderr.read() == ""
