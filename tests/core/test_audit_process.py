"""The process that checks displayed numbers: NumPy only, one thread, and gone when nobody needs it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from tests.core.audited import frame_of, is_alive, shifted, task_of
from tests.core.inside_runs import names_spec, trained
from tests.core.watcher import DEADLINE_S
from weightdeck.run.spec import ModelSpec
from weightdeck.session.audit_process import AuditProcess

SMALL = ModelSpec(2, 2, 16, 16, 27)
CORE = Path(__file__).parents[2] / "core"


def test_it_knows_neither_torch_nor_qt_and_computes_with_one_thread() -> None:
    program = (
        "import sys, weightdeck.session.audit_process\n"
        "found = {name.partition('.')[0] for name in sys.modules}\n"
        "assert 'numpy' in found\n"
        "print(sorted(found & {'torch', 'PySide6', 'shiboken6', 'pyqtgraph', 'weightdeck_desktop'}))"
    )
    environment = {**os.environ, "PYTHONPATH": str(CORE)}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    process = AuditProcess()
    try:
        if sys.platform == "linux":
            variables = Path(f"/proc/{process.number}/environ")
            deadline_s = time.monotonic() + DEADLINE_S
            while b"OPENBLAS_NUM_THREADS=1" not in variables.read_bytes() and time.monotonic() < deadline_s:
                time.sleep(0.001)  # until the new program is in place
            assert b"OMP_NUM_THREADS=1" in variables.read_bytes()
    finally:
        process.end()


def test_it_answers_task_after_task() -> None:
    trainer = trained(names_spec(SMALL))
    process = AuditProcess()
    try:
        task = task_of(trainer, frame_of(trainer))
        found, seconds = process.check(task)
        assert (found.wrong, found.checked > 250, seconds > 0.0) == (0, True, True)
        assert process.check(shifted(task, 0, 1.0))[0].wrong == 1
        if hasattr(os, "getpriority"):
            assert os.getpriority(os.PRIO_PROCESS, process.number) > os.getpriority(os.PRIO_PROCESS, 0)
    finally:
        process.end()
    assert not is_alive(process.number)


def test_it_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time\n"
        "from weightdeck.session.audit_process import AuditProcess\n"
        "print(AuditProcess().number, flush=True)\n"
        "time.sleep(60)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(CORE)}
    parent = subprocess.Popen([sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    number = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    # Nobody's child now: whoever takes in orphans may leave a zombie, which runs nothing any more.
    deadline_s = time.monotonic() + DEADLINE_S
    while is_alive(number) and not _is_zombie(number) and time.monotonic() < deadline_s:
        time.sleep(0.005)
    assert not is_alive(number) or _is_zombie(number)


def _is_zombie(number: int) -> bool:
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return False
