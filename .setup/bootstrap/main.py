"""From the command line to a running Weightdeck."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bootstrap import system
from bootstrap.errors import SetupError
from bootstrap.plan import Place, claim, make_plan, pending
from bootstrap.runner import Console, Step, only_one, run_steps
from bootstrap.stamps import Stamps

ROOT = Path(__file__).resolve().parents[2]

# On every core; the tests of a file stay together, for they share what is dear to make.
EVERYTHING = ("-n", "auto", "--dist", "loadfile")

USAGE = """\
python3 run.py [--cuda] [--yes] [command ...]

  (nothing)           set up if need be, and open the window
  doctor [--json]     set up if need be; versions, what is missing, fonts, threads, GPU
  test [arguments]    set up with the test tools, and run the tests, on every core (arguments go to pytest)
  any other command   goes to weightdeck, for instance: train --preset names --steps 200

  --cuda              take PyTorch's build for NVIDIA GPUs (remembered; delete .venv to go back)
  --yes               install missing system packages without asking (Debian and Ubuntu, with sudo)
"""


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    arguments: tuple[str, ...] = ()  # after run.py's own options
    cuda: bool = False
    yes: bool = False

    @property
    def tests(self) -> bool:
        return self.arguments[:1] == ("test",)

    @property
    def doctor(self) -> bool:
        return self.arguments[:1] == ("doctor",)

    @property
    def help(self) -> bool:
        return self.arguments in {("--help",), ("-h",)}

    @property
    def window(self) -> bool:
        """Whether libraries for a real window are wanted too, not only those to draw without a screen."""
        return not self.arguments or self.doctor

    @property
    def needs_libraries(self) -> bool:
        """Whether it makes no sense to go on without Qt. Most commands draw nothing, and the doctor tells."""
        return not self.arguments or self.tests


def parse(arguments: Sequence[str]) -> Request:
    """Splits run.py's own options, which come first, from what they are about."""
    rest = list(arguments)
    own = set()
    while rest and rest[0] in {"--cuda", "--yes"}:
        own.add(rest.pop(0))
    return Request(tuple(rest), cuda="--cuda" in own, yes="--yes" in own)


def main(arguments: Sequence[str]) -> int:
    """Exit code of the set-up, when it fails; else this process becomes the command that was asked for."""
    console = Console(sys.stderr)
    place = Place(ROOT)
    try:
        request = parse(arguments)
        if request.help and not place.command.exists():
            print(USAGE, end="")
            return 0
        set_up(request, place, console)
        return start(request, place)
    except SetupError as error:
        console.say(str(error))
        return 1
    except OSError as error:
        console.say(
            f"The set-up cannot go on: {error}. Check the folder {ROOT} and the disk, then start again."
        )
        return 1


def set_up(request: Request, place: Place, console: Console) -> None:
    """Does what is not done yet. The usual start finds nothing to do and takes hundredths of a second."""
    stamps = Stamps(place.venv)
    packages = system.missing_packages(place.root / "core", window=request.window)
    steps = _pending(request, place, stamps)
    if not packages and not steps:
        return
    with only_one(place.venv):
        stamps = Stamps(place.venv)  # as they are now that nobody else can change them
        claim(place, stamps)
        if request.cuda:
            stamps.remember_torch_build("cuda")
        steps = _pending(request, place, stamps)
        done_before = len(_plan(request, place, stamps)) - len(steps)
        if packages:
            steps = _system_step(packages, request, console) + steps
        run_steps(steps, done_before=done_before, stamps=stamps, log_path=place.log, console=console)


def _system_step(packages: Sequence[str], request: Request, console: Console) -> list[Step]:
    try:
        return [system.make_step(packages, yes=request.yes, console=console)]
    except SetupError as error:
        if request.needs_libraries or not system.venv_works():
            raise
        console.say(f"{error}\nGoing on without: only what draws a window needs them.")
        return []


def _plan(request: Request, place: Place, stamps: Stamps) -> list[Step]:
    build = "cuda" if request.cuda else stamps.torch_build
    return make_plan(place, torch_build=build, tests=request.tests)


def _pending(request: Request, place: Place, stamps: Stamps) -> list[Step]:
    return pending(_plan(request, place, stamps), stamps, place)


def start(request: Request, place: Place) -> int:
    """Becomes what was asked for."""
    if request.help:
        print(USAGE, end="", flush=True)
    if request.tests:
        os.chdir(place.root)
        command = [str(place.python), "-m", "pytest", *(request.arguments[1:] or EVERYTHING)]
        return _become(command, {**os.environ, "QT_QPA_PLATFORM": "offscreen"})
    # Through the interpreter, not the script's first line: some systems cut that line in a deep folder.
    script = [str(place.command)] if sys.platform == "win32" else [str(place.python), str(place.command)]
    return _become([*script, *request.arguments], os.environ)


def _become(command: list[str], environment: Mapping[str, str]) -> int:
    if sys.platform == "win32":
        # Windows cannot replace a process: the caller would be told at once that it has ended.
        with subprocess.Popen(command, env=environment) as process:
            while True:
                try:
                    return process.wait()
                except KeyboardInterrupt:
                    continue  # the child had it too, and decides
    os.execve(command[0], command, environment)
