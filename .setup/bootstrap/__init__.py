"""The set-up behind ``run.py``: plain standard library, because nothing else is there yet.

It is no part of the package that is installed. ``main`` routes the arguments, ``plan`` says which steps
there are, ``stamps`` remembers which are finished, ``runner`` carries them out and shows it, ``system`` asks
Debian for what Python cannot install.
"""
