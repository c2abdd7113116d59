"""``python -m weightdeck``: the command where the console script is not on the path."""

import sys

from weightdeck.cli import main

sys.exit(main())
