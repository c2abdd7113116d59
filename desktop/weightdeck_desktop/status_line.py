"""The line at the bottom: what training is doing, whether the numbers on the screen are right, a hint or message,
what undo would do, and plain facts.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QElapsedTimer, QEvent, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QToolTip, QWidget

from weightdeck.run.audit import AuditReport
from weightdeck.run.document import Saving
from weightdeck.run.frame import Phase, Status
from weightdeck.run.spec import RunSpec
from weightdeck_desktop.audit_words import audit_tip, audit_words, short_audit_words
from weightdeck_desktop.desk_words import desk_words
from weightdeck_desktop.icons import icon_pixmap
from weightdeck_desktop.moment_words import moment_words, steps_to_redo
from weightdeck_desktop.theme import Theme, Type

_MEMORY_EVERY_MS = 5_000
_STATM = Path("/proc/self/statm")


def resident_megabytes() -> int | None:
    """Memory of this process that lies in RAM, in MB (10^6 bytes); None where the system does not tell."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except OSError:
        return None
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6)


class StatusLine(QWidget):
    """Five texts in five places, painted; a change repaints its own place. Told everything."""

    hint_clicked = Signal()  # the user has seen the hint
    mismatch_clicked = Signal()  # the user wants to see which number is wrong

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("status_line")
        self.setAccessibleName(self.tr("Status"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._theme: Theme | None = None
        self._phase = Phase.LOADING
        self._phase_now = self.tr("loading engine")
        self._hint = ""
        self._message = ""
        self._moment = ""  # of the past, that is shown; before a hint
        self._undo = ""
        self._audit = AuditReport()
        self._audit_now = ""  # its words, as far as there is room
        self._run: RunSpec | None = None
        self._saving: Saving | None = None  # None before the first run
        self._desk_words = ""
        self._facts = ""
        self._since_facts = QElapsedTimer()
        self._since_facts.start()
        self._places: dict[str, QRect] = {}
        self._phase_words = {
            Phase.LOADING: self.tr("loading engine"),
            Phase.PAUSED: self.tr("paused"),
            Phase.TRAINING: self.tr("training"),
            Phase.HELD: self.tr("waiting for your hand"),
            Phase.FINISHED: self.tr("finished"),
            Phase.STOPPED: self.tr("stopped"),
            Phase.FAILED: self.tr("engine failed"),
            Phase.CLOSED: self.tr("closing"),
        }

    def set_theme(self, theme: Theme) -> None:
        self._theme = theme
        self.setFixedHeight(theme.px(28))
        self._place()
        self.update()

    def show_status(self, status: Status) -> None:
        desk = desk_words(status)
        saving = status.document.saving if status.run else None
        if (desk, saving) != (
            self._desk_words,
            self._saving,
        ) or self._since_facts.elapsed() > _MEMORY_EVERY_MS:
            self._desk_words, self._saving = desk, saving
            self._show_facts()
        words = self._words_of_phase(status)
        if words != self._phase_now:
            self._phase, self._phase_now = status.phase, words
            self._repaint("phase")
        moment = moment_words(status)
        if moment != self._moment:
            self._moment = moment
            self._place()
            self.update()
        undo = self.tr("Undo: {0}").format(status.undo_title) if status.undo_title else ""
        if undo != self._undo:
            self._undo = undo
            self._place()
            self.update()
        described = (self._phase_now, audit_words(self._audit), self._message or self._moment or self._hint)
        self.setAccessibleDescription(". ".join(words for words in described if words))

    def show_audit(self, report: AuditReport) -> None:
        """Say how many of the numbers on the screen were checked and how they did; nothing before the first."""
        old, self._audit = self._audit, report
        if bool(old.wrong) != bool(report.wrong):
            self._show_cursor()
        if audit_words(old) != audit_words(report):
            self._place()
            self.update()

    def show_hint(self, hint: str) -> None:
        """Show a hint until it is replaced by "" or another; a message goes before it."""
        self._hint = hint
        self._show_cursor()
        self._place()
        self.update()

    def show_message(self, message: str) -> None:
        """Show what has just been done, such as "Saved loss.png."; "" takes it away."""
        self._message = message
        self._place()
        self.update()

    def show_run(self, spec: RunSpec) -> None:
        """Say which run this is: preset, seed, threads. The memory beside it is read now and then."""
        self._run = spec
        self._show_facts()

    def sizeHint(self) -> QSize:
        return QSize(200, self._theme.px(28) if self._theme else 28)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._audit.wrong and self._places["audit"].contains(event.position().toPoint()):
            self.mismatch_clicked.emit()
        elif (
            self._hint
            and not (self._message or self._moment)
            and self._places["message"].contains(event.position().toPoint())
        ):
            self.hint_clicked.emit()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            for place, tip in self._tips().items():
                if self._places and self._places[place].contains(event.pos()):
                    QToolTip.showText(event.globalPos(), tip, self)
                    return True
        return super().event(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = self._theme
        if theme is None:
            return
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.panel)
        painter.setPen(theme.pen(theme.line, alpha=0.5))
        painter.drawLine(0, 0, self.width(), 0)
        painter.setFont(theme.font(Type.SMALL))
        self._paint_phase(painter, theme)
        self._paint_audit(painter, theme)
        painter.setPen(theme.text if self._middle_text() else theme.secondary)
        self._paint_text(painter, "message", self._middle_text())
        painter.setPen(theme.secondary)
        self._paint_text(painter, "undo", self._undo)
        self._paint_text(painter, "facts", self._facts)
        painter.end()

    def _show_cursor(self) -> None:
        leads = bool(self._hint or self._audit.wrong)
        self.setCursor(Qt.CursorShape.PointingHandCursor if leads else Qt.CursorShape.ArrowCursor)

    def _show_facts(self) -> None:
        self._since_facts.restart()
        megabytes = resident_megabytes()
        memory = self.tr("{0} MB").format(f"{megabytes:,}") if megabytes is not None else ""
        facts = " · ".join(text for text in (self._desk_words, *self._words_of_run(), memory) if text)
        if facts != self._facts:
            self._facts = facts
            self._place()
            self.update()

    def _words_of_phase(self, status: Status) -> str:
        if status.phase is not Phase.LOADING or not status.run:
            return self._phase_words[status.phase]
        return self.tr("redoing") if steps_to_redo(status) else self.tr("opening a run")

    def _words_of_run(self) -> tuple[str, ...]:
        """Preset, seed, how the run stands with its file, threads; nothing before there is a run."""
        run = self._run
        if run is None:
            return ()
        words = {
            None: "",
            Saving.SAVED: self.tr("saved"),
            Saving.MEMORY: self.tr("in memory"),
            Saving.SUSPENDED: self.tr("saving suspended"),
            Saving.READ_ONLY: self.tr("read only"),
        }
        threads = self.tr("1 thread") if run.threads == 1 else self.tr("{0} threads").format(run.threads)
        return (run.preset, self.tr("seed {0}").format(run.seed), words[self._saving], threads)

    def _tips(self) -> dict[str, str]:
        return {
            "phase": self.tr("What training is doing now."),
            "audit": audit_tip(self._audit),
            "message": self._message
            or self._moment
            or (self._hint and self.tr("A hint: click it when you have seen it.")),
            "undo": self._undo and self.tr("{0} (Ctrl+Z)").format(self._undo),
            "facts": self.tr(
                "What strips and holds keep back; preset, seed of the random start, whether the run is on the disk, "
                "compute threads, memory in use."
            ),
        }

    def _middle_text(self) -> str:
        return self._message or self._moment or (self._hint and f"{self._hint}   ×")

    def _paint_phase(self, painter: QPainter, theme: Theme) -> None:
        place = self._places["phase"]
        failed = self._phase in (Phase.STOPPED, Phase.FAILED)
        colour = theme.error if failed else theme.text
        side = theme.px(12)
        top = (self.height() - side) // 2
        if failed:
            pixmap = icon_pixmap("error", side, colour, self.devicePixelRatioF())
            painter.drawPixmap(QPoint(place.left(), top), pixmap)
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            held = self._phase is Phase.HELD
            fill = theme.text if self._phase is Phase.TRAINING else theme.panel
            painter.setPen(theme.pen(theme.hand_outline if held else theme.text, 1.5))
            painter.setBrush(theme.hand if held else fill)
            dot = theme.px(8)
            painter.drawEllipse(QRectF(place.left() + 1, (self.height() - dot) / 2, dot, dot))
        painter.setPen(colour)
        words = place.adjusted(theme.px(16), 0, 0, 0)
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, self._phase_now)

    def _paint_audit(self, painter: QPainter, theme: Theme) -> None:
        place = self._places["audit"]
        if self._audit.wrong and place.width() > 0:
            side = theme.px(12)
            icon = icon_pixmap("error", side, theme.error, self.devicePixelRatioF())
            painter.drawPixmap(QPoint(place.left(), (self.height() - side) // 2), icon)
            place = place.adjusted(theme.px(16), 0, 0, 0)
        painter.setPen(theme.error if self._audit.wrong else theme.secondary)
        self._paint_in(painter, place, self._audit_now)

    def _paint_text(self, painter: QPainter, name: str, text: str) -> None:
        self._paint_in(painter, self._places[name], text)

    @staticmethod
    def _paint_in(painter: QPainter, place: QRect, text: str) -> None:
        if text and place.width() > 0:
            elided = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, elided)

    def _repaint(self, name: str) -> None:
        if self._places:
            self.update(self._places[name])

    def _place(self) -> None:
        """Phase and facts have their room, and so has a wrong number; of what is left the message takes what it needs,
        then the check, which has shorter words where the long ones would leave too little to undo; undo the rest.
        """
        theme = self._theme
        if theme is None:
            return
        metrics = QFontMetrics(theme.font(Type.SMALL))
        margin, gap, height = theme.px(14), theme.px(24), self.height()
        phase = (
            theme.px(16) + max(metrics.horizontalAdvance(words) for words in self._phase_words.values()) + 2
        )
        facts = metrics.horizontalAdvance(self._facts) + 2
        left, right = margin + phase + gap, self.width() - margin - facts
        room = max(0, right - gap - left)

        def width(words: str) -> int:
            return metrics.horizontalAdvance(words) + 2 if words else 0

        message = min(width(self._middle_text()), room)
        self._audit_now, audit = self._audit_that_fits(room, message, width)
        middle = left + audit + (gap if audit else 0)
        message = max(0, min(message, left + room - middle))
        after = middle + message + (gap if message else 0)
        undo = max(0, min(width(self._undo), left + room - after))
        if undo < theme.px(80):  # a few letters say nothing
            undo = 0
        self._places = {
            "phase": QRect(margin, 0, phase, height),
            "audit": QRect(left, 0, audit, height),
            "message": QRect(middle, 0, message, height),
            "undo": QRect(after, 0, undo, height),
            "facts": QRect(right, 0, facts, height),
        }

    def _audit_that_fits(self, room: int, message: int, width: Callable[[str], int]) -> tuple[str, int]:
        """The words of the check and what they need of `room`, which `message` shares."""
        assert self._theme is not None
        gap = self._theme.px(24)
        long, short = audit_words(self._audit), short_audit_words(self._audit)
        if self._audit.wrong:
            icon = self._theme.px(16)
            words = long if icon + width(long) <= room else short
            return words, min(icon + width(words), room)
        others = [part for part in (message, width(self._undo)) if part]
        if width(long) + sum(part + gap for part in others) <= room:
            return long, width(long)
        if width(short) + (message + gap if message else 0) <= room:
            return short, width(short)
        return "", 0
