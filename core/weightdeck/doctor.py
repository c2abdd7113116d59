"""What this machine has and lacks for Weightdeck.

PyTorch and Qt are tried in processes of their own: where one of them is broken it tends to take its process
with it, and the doctor has to outlive that.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from importlib import metadata
from typing import Any

from weightdeck.resources import resource
from weightdeck.system_libraries import missing_libraries

PROBE_TIMEOUT_S = 120  # the very first import of PyTorch from a slow disk

TORCH_PROBE = """
import json, torch
cuda = torch.cuda.is_available()
print(json.dumps({
    "version": torch.__version__,
    "threads": torch.get_num_threads(),
    "cpu_capability": torch.backends.cpu.get_cpu_capability(),
    "cuda_build": torch.version.cuda,
    "gpus": [torch.cuda.get_device_name(i) for i in range(torch.cuda.device_count())] if cuda else [],
    "mps": torch.backends.mps.is_available(),
}))
"""

QT_PROBE = """
import json, pathlib
import fontpkg_inter, fontpkg_jetbrains_mono
from PySide6.QtCore import qVersion
from PySide6.QtGui import QFontDatabase, QGuiApplication, QImage, QPainter
application = QGuiApplication([])
image = QImage(64, 32, QImage.Format.Format_ARGB32)
image.fill(0xFFFFFFFF)
system_families = QFontDatabase.families()
for package in (fontpkg_inter, fontpkg_jetbrains_mono):
    for path in sorted(pathlib.Path(package.ROOT).rglob("*.[to]tf")):
        QFontDatabase.addApplicationFont(str(path))
painter = QPainter(image)
painter.setFont(fontpkg_inter.FAMILY)
painter.drawText(2, 24, "Wd")
painter.end()
families = set(QFontDatabase.families())
korean = QFontDatabase.families(QFontDatabase.WritingSystem.Korean)
print(json.dumps({
    "version": qVersion(),
    "draws_text": any(image.pixel(x, y) != 0xFFFFFFFF for x in range(64) for y in range(32)),
    "own_fonts": {m.FAMILY: m.FAMILY in families for m in (fontpkg_inter, fontpkg_jetbrains_mono)},
    "system_fonts": len(system_families),
    "korean_font": bool(korean),
}))
"""


def run_doctor(as_json: bool) -> int:
    """Prints the findings on standard output. 0 when everything that is needed is there, else 1."""
    findings = examine()
    print(json.dumps(findings) if as_json else _report(findings))
    return 1 if findings["problems"] else 0


def examine() -> dict[str, Any]:
    """Everything the doctor finds, as plain data; ``problems`` are sentences and empty when all is well."""
    missing = missing_libraries(window=True)
    packages = _packages()
    torch = _probe(TORCH_PROBE)
    # Without its libraries Qt aborts and says nothing that helps.
    can_draw = not missing_libraries(window=False)
    qt = _probe(QT_PROBE) if can_draw else {"error": "not tried: system libraries are missing"}
    problems = [
        f"The package {name} is missing. Install Weightdeck again."
        for name, version in packages.items()
        if not version
    ]
    if missing:
        names = " ".join(library.package for library in missing)
        problems.append(f"System libraries are missing. On Debian and Ubuntu: apt-get install {names}")
    if "error" in torch:
        problems.append(f"PyTorch does not work ({torch['error']}). Install Weightdeck again.")
    if "error" in qt and can_draw:
        problems.append(f"Qt does not work ({qt['error']}). Install Weightdeck again.")
    if qt.get("draws_text") is False:
        problems.append("Qt draws no text: the window's own fonts cannot be read. Install Weightdeck again.")
    try:
        presets = len(list(resource("presets").glob("*.toml")))
    except FileNotFoundError as error:
        presets = 0
        problems.append(str(error))
    return {
        "problems": problems,
        "weightdeck": _version("weightdeck"),
        "python": platform.python_version(),
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "display": _display(),
        "packages": packages,
        "missing_libraries": [library.soname for library in missing],
        "presets": presets,
        "torch": torch,
        "qt": qt,
    }


def _report(findings: dict[str, Any]) -> str:
    lines = [
        ("Weightdeck", findings["weightdeck"] or "not installed"),
        ("Python", f"{findings['python']} on {findings['system']}, {findings['cores']} cores"),
        (
            "Packages",
            ", ".join(f"{name} {version}" for name, version in findings["packages"].items() if version),
        ),
        ("System libraries", _listed("missing: ", findings["missing_libraries"]) or "all there"),
        ("Display", findings["display"] or "none: headless commands and pictures work, the window does not"),
        *_torch_lines(findings["torch"]),
        *_qt_lines(findings["qt"]),
    ]
    width = max(len(label) for label, _ in lines)
    verdict = findings["problems"] or ["Everything that is needed is there."]
    return "\n".join([*(f"{label:<{width}}  {value}" for label, value in lines), "", *verdict])


def _torch_lines(torch: dict[str, Any]) -> list[tuple[str, str]]:
    if "error" in torch:
        return []
    build = f"CUDA {torch['cuda_build']}" if torch["cuda_build"] else "CPU"
    gpus = _listed("", torch["gpus"]) or (
        "Apple's, through MPS" if torch["mps"] else "none that PyTorch can use"
    )
    return [
        (
            "PyTorch",
            f"{torch['version']} ({build} build), {torch['cpu_capability']}, {torch['threads']} threads",
        ),
        ("GPU", gpus),
    ]


def _qt_lines(qt: dict[str, Any]) -> list[tuple[str, str]]:
    if "error" in qt:
        return []
    own = ", ".join(family if there else f"{family} MISSING" for family, there in qt["own_fonts"].items())
    korean = "Korean shows" if qt["korean_font"] else "Korean shows as boxes (on Debian: fonts-nanum)"
    return [("Qt", qt["version"]), ("Fonts", f"own: {own}; system: {qt['system_fonts']} families; {korean}")]


def _listed(before: str, items: list[str]) -> str:
    return before + ", ".join(items) if items else ""


def _probe(code: str) -> dict[str, Any]:
    """What `code`, run in a process of its own, prints as JSON; or ``error`` with its last words."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_TIMEOUT_S,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"no answer within {PROBE_TIMEOUT_S} s"}
    if done.returncode != 0:
        words = done.stderr.strip().splitlines()
        return {"error": words[-1] if words else f"ended with status {done.returncode}"}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _packages() -> dict[str, str | None]:
    """Version of every package that Weightdeck says it needs; None for one that is not there."""
    needed = metadata.requires("weightdeck") or [] if _version("weightdeck") else []
    names = [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in needed if "extra ==" not in line]
    return {name: _version(name) for name in names}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _display() -> str | None:
    """Where a window would open; None where there is no screen."""
    if not sys.platform.startswith("linux"):
        return "the desktop"
    return os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY")
