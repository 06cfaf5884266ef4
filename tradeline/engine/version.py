"""Two versions: of the program, and of the engine's results."""

from typing import Final

VERSION: Final = "0.1.0"
"""The program's version; the package takes it from here."""

ENGINE_VERSION: Final = "engine-0.1.0"
"""Raised with every change that can alter a byte of the result tables; part of the run id."""
