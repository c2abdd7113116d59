#!/usr/bin/env python3
"""Sets Weightdeck up beside this file, in .venv, and starts it. Needs nothing but Python 3.11.

This file is only a gate. Every Python 3 must be able to parse it, so that an old one reads a sentence instead
of a syntax error; the work is in .setup/bootstrap.
"""

import sys


def refusal(version):
    """What to tell a Python that is too old; None when it is new enough."""
    if tuple(version[:2]) >= (3, 11):
        return None
    return (
        "Weightdeck needs Python 3.11 or newer, and this is Python {}.{}. Install a newer Python "
        "and start again with it, for example: python3.12 run.py".format(version[0], version[1])
    )


if __name__ == "__main__":
    if refusal(sys.version_info):
        sys.exit(refusal(sys.version_info))

    try:
        from pathlib import Path

        sys.path.insert(0, str(Path(__file__).resolve().parent / ".setup"))
        from bootstrap.main import main

        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Start again at any time: what is finished is kept.\n")
        sys.exit(130)  # what shells report for Ctrl-C
