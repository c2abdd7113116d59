"""The steps from nothing to a working ``.venv``, each with the key that says when it has to be done again."""

from __future__ import annotations

import hashlib
import shutil
import sys
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bootstrap.errors import SetupError
from bootstrap.runner import Step, Work
from bootstrap.stamps import FILE_NAME, Stamps

LOG_NAME = "setup.log"
# PyTorch's own index: the only one with CPU builds for Linux and with CUDA builds for Windows.
TORCH_INDEX = "https://download.pytorch.org/whl"
TORCH_INDEX_PATIENCE_S = 3.0
WINDOWS_CUDA = "cu130"
PIP_ENVIRONMENT = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_PROGRESS_BAR": "off",
    # Some machines say `user = true` in pip's configuration, which pip refuses inside a virtual environment.
    "PIP_USER": "0",
}
NETWORK_ADVICE = "Check the network connection and pip's configuration (pip config list)."


@dataclass(frozen=True)
class Place:
    """The folders of one checkout."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def log(self) -> Path:
        return self.venv / LOG_NAME

    @property
    def lock(self) -> Path:
        return self.root / "requirements.lock"

    @property
    def test_lock(self) -> Path:
        return self.root / "requirements-test.lock"

    @property
    def python(self) -> Path:
        return self.venv / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

    @property
    def command(self) -> Path:
        return self.venv / ("Scripts/weightdeck.exe" if sys.platform == "win32" else "bin/weightdeck")


def make_plan(place: Place, *, torch_build: str, tests: bool) -> list[Step]:
    """Every step, in order, whether it is done already or not."""
    pip: list[str | Path] = [place.python, "-m", "pip", "install"]

    def install_pins(lock: Path, work: Work) -> int:
        # The lock is complete, so nothing is resolved; setuptools, for the one package without a wheel, came
        # with PyTorch, so nothing unlocked is fetched to build it either.
        exactly = ["--no-deps", "--no-build-isolation", "--use-pep517"]
        pins = [pin for pin in read_pins(lock) if not pin.startswith("torch==")]
        return work.run([*pip, *exactly, *_fresh(work), *pins], env=PIP_ENVIRONMENT)

    def install_project(work: Work) -> int:
        # Without isolation the locked hatchling builds it; editable, so that the checkout is what runs.
        return work.run(
            [*pip, "--no-deps", "--no-build-isolation", "--editable", place.root], env=PIP_ENVIRONMENT
        )

    steps = [
        Step(
            "venv",
            "Virtual environment",
            f"{sys.version_info[0]}.{sys.version_info[1]} in {place.root}",
            "Delete the folder .venv.",
            lambda work: _make_venv(place, work),
        ),
        Step(
            "torch",
            "PyTorch, the largest download",
            f"{torch_pin(place.lock)} {torch_build}",
            NETWORK_ADVICE,
            lambda work: _install_torch(place, torch_build, work),
        ),
        Step(
            "packages",
            "The other packages",
            _digest(place.lock),
            NETWORK_ADVICE,
            lambda work: install_pins(place.lock, work),
        ),
        Step(
            "project",
            "Weightdeck itself",
            _digest(place.root / "pyproject.toml"),
            "Look into the log for the line of pyproject.toml that is wrong.",
            install_project,
        ),
    ]
    if tests:
        test_tools = Step(
            "test-tools",
            "Test tools",
            _digest(place.lock, place.test_lock),
            NETWORK_ADVICE,
            lambda work: install_pins(place.test_lock, work),
        )
        steps.insert(3, test_tools)
    return steps


def pending(steps: Iterable[Step], stamps: Stamps, place: Place) -> list[Step]:
    """The steps that are not finished. Without its virtual environment none is."""
    steps = list(steps)
    venv = steps[0]
    if stamps.done.get(venv.name) != venv.key or not place.python.exists():
        return steps
    return [step for step in steps if stamps.done.get(step.name) != step.key]


def claim(place: Place, stamps: Stamps) -> None:
    """Makes sure that ``.venv`` is ours to write in. Raises ``SetupError`` for one made by hand."""
    if (place.venv / FILE_NAME).exists():
        return
    if (place.venv / "pyvenv.cfg").exists():
        raise SetupError(f"{place.venv} was not made by run.py. Rename or delete it, then start again.")
    stamps.forget_all()


def read_pins(lock: Path) -> list[str]:
    """The requirements of a lock file, without comments and options."""
    lines = (line.partition("#")[0].strip() for line in lock.read_text(encoding="utf-8").splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def torch_pin(lock: Path) -> str:
    return next(pin for pin in read_pins(lock) if pin.startswith("torch=="))


def torch_request(pin: str, build: str, platform: str) -> tuple[str, str | None]:
    """What to ask pip for, and the extra index to offer it. Raises ``SetupError`` for CUDA on a Mac."""
    if build == "cuda":
        if platform == "darwin":
            raise SetupError("There is no CUDA build of PyTorch for macOS. Start again without --cuda.")
        if platform == "win32":
            return f"{pin}+{WINDOWS_CUDA}", f"{TORCH_INDEX}/{WINDOWS_CUDA}"
        return pin.replace(
            "==", "==="
        ), None  # on Linux the plain build is CUDA's; "===" keeps "+cpu" from matching
    return pin, None if platform == "darwin" else f"{TORCH_INDEX}/cpu"


def _install_torch(place: Place, build: str, work: Work) -> int:
    request, index = torch_request(torch_pin(place.lock), build, sys.platform)
    pip: list[str | Path] = [place.python, "-m", "pip", "install", "--constraint", place.lock]
    command = [*pip, *_fresh(work), request]
    if index is not None and _answers(index + "/torch/"):
        if work.run([*command, "--extra-index-url", index], env=PIP_ENVIRONMENT) == 0:
            return 0
        work.console.say("    PyTorch's own index failed half-way; going on without it.")
    elif index is not None:
        work.console.say("    PyTorch's own index does not answer; taking what pip's own index has.")
    return work.run(command, env=PIP_ENVIRONMENT)


def _answers(url: str) -> bool:
    """Whether `url` answers within the time worth waiting. In a thread: name look-ups know no time limit."""
    import urllib.request  # slow to import, and needed once in the life of a checkout

    answered = threading.Event()

    def look() -> None:
        try:
            with urllib.request.urlopen(url, timeout=TORCH_INDEX_PATIENCE_S):  # noqa: S310 (a constant of ours)
                answered.set()
        except (OSError, ValueError):
            pass

    threading.Thread(target=look, daemon=True).start()
    return answered.wait(TORCH_INDEX_PATIENCE_S)


def _make_venv(place: Place, work: Work) -> int:
    """A fresh one in the place of whatever is there: half of an environment is worse than none."""
    for path in place.venv.iterdir():
        if path.name.startswith(".weightdeck-setup") or path.name == LOG_NAME:
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
    # The base interpreter, in case run.py was started with the very environment that is being replaced.
    return work.run([getattr(sys, "_base_executable", sys.executable), "-m", "venv", place.venv])


def _fresh(work: Work) -> list[str]:
    """A pip that was cut off may leave a package that looks installed and is not."""
    return ["--force-reinstall"] if work.again else []


def _digest(*paths: Path) -> str:
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()
