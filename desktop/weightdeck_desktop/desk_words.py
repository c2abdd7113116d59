"""What the desk holds back from the model, in a few words for the status line: nobody may forget a mute."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from weightdeck.run.frame import Status


def desk_words(status: Status) -> str:
    """ "2 strips set · 1 activation held · 3 slices held", or "" when everything runs free."""

    def tr(one: str, several: str, count: int) -> str:
        text = QCoreApplication.translate("DeskWords", one if count == 1 else several)
        return text.format(count=count) if count else ""

    mix = status.mix
    strips = tr("{count} strip set", "{count} strips set", len(mix.strips))
    clamps = tr("{count} activation held", "{count} activations held", len(mix.clamps))
    gated = " · ".join(words for words in (strips, clamps) if words)
    if gated and mix.scope == "prediction":
        gated = QCoreApplication.translate("DeskWords", "{what} in prediction only").format(what=gated)
    held = tr("{count} slice held", "{count} slices held", len(status.held))
    return " · ".join(words for words in (gated, held) if words)
