"""What only the operating system can install: Qt's libraries and, on Debian, Python's own venv module."""

from __future__ import annotations

import importlib.util
import os
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

from bootstrap.errors import SetupError
from bootstrap.runner import Console, Step, Work

SYSTEM_PYTHON = Path("/usr/bin/python3")
APT_OPTIONS = ("-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=120")


def missing_packages(core: Path, *, window: bool) -> list[str]:
    """Debian's names of what is missing, in the order in which they are told."""
    found = [] if venv_works() else [venv_package(Path(sys.executable), sys.version_info[:2])]
    return found + [library.package for library in load_libraries(core).missing_libraries(window=window)]


def venv_works() -> bool:
    """Debian ships ``venv`` without the ``ensurepip`` it needs, and says so only half-way through."""
    return importlib.util.find_spec("ensurepip") is not None and importlib.util.find_spec("venv") is not None


def venv_package(executable: Path, version: tuple[int, ...], default: Path = SYSTEM_PYTHON) -> str:
    """python3-venv serves the distribution's default Python only; any other has a package of its own."""
    if default.exists() and default.resolve() != executable.resolve():
        return f"python{version[0]}.{version[1]}-venv"
    return "python3-venv"


def apt_available() -> bool:
    return Path("/etc/debian_version").exists() and shutil.which("apt-get") is not None


def install_line(packages: Sequence[str], *, root: bool) -> str:
    """The line to be shown: exactly what would be run, for a shell."""
    sudo = "" if root else "sudo "
    return f"{sudo}apt-get update && {sudo}{shlex.join(['apt-get', 'install', *APT_OPTIONS, *packages])}"


def agreed(
    packages: Sequence[str], *, terminal: bool, ask: Callable[[str], str], say: Callable[[str], None]
) -> bool:
    """Shows somebody who is not root the exact line and asks; where nobody can answer, the answer is no."""
    line = install_line(packages, root=False)
    say(f"This machine lacks {', '.join(packages)}. They are installed with:\n    {line}")
    if not terminal:
        return False
    try:
        return ask("Run this line now? [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def make_step(packages: Sequence[str], *, yes: bool, console: Console) -> Step:
    """The step that installs `packages`, once it may; else raises ``SetupError`` with what one can do."""
    names = ", ".join(packages)
    if not apt_available():
        raise SetupError(
            f"This machine lacks what Debian calls {names}. "
            "Install these with your system's package manager, then start again."
        )
    root = os.geteuid() == 0
    if not root and shutil.which("sudo") is None:
        line = install_line(packages, root=True)
        raise SetupError(f"This machine lacks {names}. Run this as root, then start again:\n    {line}")
    if not (root or yes or agreed(packages, terminal=sys.stdin.isatty(), ask=input, say=console.say)):
        raise SetupError("Nothing was installed. Run the line above, then start again.")
    console.say(f"This machine lacks {names}; apt-get installs them.")
    return Step(
        "system",
        "System packages",
        "",  # never looked up: what is missing is seen by looking, at every start
        f"Run this line to see why:\n    {install_line(packages, root=root)}",
        lambda work: _apt(work, packages, root=root),
    )


def _apt(work: Work, packages: Sequence[str], *, root: bool) -> int:
    sudo = [] if root else ["sudo"]
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    # The lists may be old or absent (a bare image has none). An unreachable extra source is no reason to
    # stop: what cannot be found without it, the installation names.
    work.run([*sudo, "apt-get", "update"], env=quiet, ask=not root)
    return work.run([*sudo, "apt-get", "install", *APT_OPTIONS, *packages], env=quiet, ask=not root)


def load_libraries(core: Path) -> ModuleType:
    """The package's own list, loaded by path: importing the package would need what is not installed yet."""
    spec = importlib.util.spec_from_file_location(
        "system_libraries", core / "weightdeck" / "system_libraries.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
