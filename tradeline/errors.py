"""Expected errors: each says what is wrong, where, and how to mend it."""

from __future__ import annotations

from typing import NamedTuple


class Place(NamedTuple):
    """Where in the user's material a fault sits; every part is optional.

    No dataclass: the child that reads a file would wait for their import.
    """

    file: str | None = None
    sheet: str | None = None
    row: int | None = None  # as the user counts: 1 is the first line of the sheet
    column: str | None = None

    def __str__(self) -> str:
        """Return the parts that are known, widest first, such as `ar.xlsx, sheet AR, row 7`."""
        parts = [self.file] if self.file else []
        parts += [f"sheet {self.sheet}"] if self.sheet else []
        parts += [f"row {self.row}"] if self.row is not None else []
        parts += [f"column {self.column}"] if self.column else []
        return ", ".join(parts)


class TradelineError(Exception):
    """An error the user can mend; the doors turn it into an exit code or a status."""

    def __init__(self, what: str, *, where: Place | str | None = None, mend: str) -> None:
        super().__init__(what)
        self.what = what
        self.where = str(where) if where is not None else ""
        self.mend = mend

    def __reduce__(self) -> tuple[object, ...]:
        """Survive the way back from a child process."""
        return (_rebuild, (type(self), self.what, self.where, self.mend))

    def __str__(self) -> str:
        """Return the three parts on three lines."""
        lines = [self.what]
        lines += [f"  where: {self.where}"] if self.where else []
        return "\n".join([*lines, f"  mend:  {self.mend}"])


def _rebuild(kind: type[TradelineError], what: str, where: str, mend: str) -> TradelineError:
    return kind(what, where=where or None, mend=mend)


class ArgumentFault(TradelineError):
    """An option or argument that cannot be used."""


class PolicyFault(TradelineError):
    """A policy document that breaks its schema."""


class FileFault(TradelineError):
    """A file that cannot be read as a table."""


class MappingFault(TradelineError):
    """A table whose columns cannot be told apart or are missing."""


class QuestionForUser(TradelineError):
    """The material allows two readings; an option answers which one holds."""


class MissingRate(TradelineError):
    """No exchange rate, or only one that is too old; never replaced by 1."""


class HostileFile(FileFault):
    """A file that asked for more memory, time or nesting than any honest one."""


class EngineFault(TradelineError):
    """The chosen engine is not installed or not reachable."""


class RunFault(TradelineError):
    """A run folder that is incomplete, altered or does not reproduce."""


class Refused(TradelineError):
    """The person's roles do not allow it."""


class NotFound(TradelineError):
    """There is no such thing in the organisation, or it is another's: both read the same."""


class StateFault(TradelineError):
    """The state of the book does not allow it, such as a row that was settled before."""


class NeedsConfirmation(TradelineError):
    """It would change more than is usual; it is done when confirmed."""


class TermFault(TradelineError):
    """A payment term that cannot be read, or that does not fit its document."""
