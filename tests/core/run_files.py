"""What the tests of run files share."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

from weightdeck.store.run_file import Changes, KeyframeKey, LogRow, RunFile, StoredKeyframe

PAGES = {sha256(data).digest(): data for data in (b"one page" * 100, b"another page" * 100, b"a third" * 900)}
FIRST, SECOND, THIRD = PAGES

# A process that opens the run of its first argument, says "open" and then does as told, line by line.
_OWNER = """
import sys
from pathlib import Path
from weightdeck.store.failures import FileProblem
from weightdeck.store.run_file import Changes, LogRow, RunFile
try:
    file = RunFile.open(Path(sys.argv[1]))
except FileProblem as problem:
    print(type(problem).__name__, flush=True)
    sys.exit()
print("open", flush=True)
for line in sys.stdin:
    step = len(file.log)
    file.commit(Changes([LogRow("metrics", 0, step, line.encode() * 200)], notes={"last": line.encode()}))
    print(step, flush=True)
file.close()
"""


class Owner:
    """Another process that has a run open, or tried to."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _OWNER, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def heard(self) -> str:
        """What it says next: "open", the name of the problem, or the step that it committed."""
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def commit(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{text}\n")
        self.process.stdin.flush()

    def kill(self) -> None:
        self.process.kill()
        self._finish()

    def stop(self) -> None:
        """Let it close the run."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self._finish()

    def _finish(self) -> None:
        self.process.wait(30)
        for pipe in (self.process.stdin, self.process.stdout):
            assert pipe is not None
            pipe.close()


def row(step: int, data: bytes = b"row") -> LogRow:
    return LogRow("metrics", 0, step, data)


def keyframe(number: int, *pages: bytes, size: int = 5000) -> StoredKeyframe:
    key = KeyframeKey(number, 0, 10 * number, number, number == 1, size)
    return StoredKeyframe(key, bytes([number]) * size, b'{"of": %d}' % number, pages)


def full_changes() -> Changes:
    return Changes(
        [LogRow("branch", 0, 0, b"main"), row(1), LogRow("command", 0, 7, b"edit"), row(8)],
        [keyframe(1, FIRST, SECOND), keyframe(2, SECOND)],
        pages=PAGES,
        notes={"desk": b"knobs", "text": b"a thought"},
    )


def closed_file(folder: Path) -> Path:
    """A run that nobody has open."""
    path = folder / "a run.weightdeck"
    RunFile.create(path, full_changes()).close()
    return path


def change(path: Path, *statements: str) -> None:
    """What another program does to a run that nobody has open."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
