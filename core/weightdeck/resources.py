"""Where the plain data lies: beside the package when installed, at the repository's root in a checkout."""

from __future__ import annotations

from pathlib import Path


def resource(*parts: str) -> Path:
    """Path of a file or folder under ``resources/``. Raises ``FileNotFoundError`` when the installation lacks it."""
    package = Path(__file__).resolve().parent
    for root in (package / "resources", package.parents[1] / "resources"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"This installation of Weightdeck lacks {'/'.join(parts)}; install it again.")
