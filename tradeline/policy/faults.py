"""Turn what Pydantic found wrong into sentences: the line, the value and what is allowed."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from tradeline.errors import PolicyFault
from tradeline.policy.fields import allowed_at, form_at, names_at
from tradeline.policy.form import MisfitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

    from tradeline.policy.source import Path, Source

PROBLEMS_MAX: Final = 50


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong in a policy file, for people and for programs."""

    line: int
    column: int
    field: str
    message: str


class WrongPolicy(PolicyFault):
    """A document that breaks the policy's form; `problems` holds every one that was found."""

    problems: tuple[Problem, ...] = ()


def wrong(name: str, problems: Iterable[Problem], mend: str = "") -> WrongPolicy:
    """Return one fault that lists the problems by line."""
    ordered = sorted(set(problems), key=lambda p: (p.line, p.column, p.field, p.message))
    lines = [f"{name}, line {p.line}: {p.message}" for p in ordered[:PROBLEMS_MAX]]
    if len(ordered) > PROBLEMS_MAX:
        lines.append(f"{name}: and {len(ordered) - PROBLEMS_MAX} more")
    first = ordered[0]
    fault = WrongPolicy(
        "\n".join(lines),
        where=f"{name}, line {first.line}, column {first.column}",
        mend=mend
        or f"Correct the {'line' if len(lines) == 1 else 'lines'} above and run "
        f"tradeline policy check {name} again; a fresh file shows every field and what it allows: "
        "tradeline policy init --out fresh.yaml",
    )
    fault.problems = tuple(ordered)
    return fault


def problems_of(error: ValidationError, source: Source) -> Iterator[Problem]:
    """Yield each error with its place in the file."""
    found = error.errors()
    for details in found:
        if any(_inside(other["loc"], details["loc"]) for other in found):
            continue  # the list is only too short because its items are wrong
        path = tuple(part for part in details["loc"] if part != "[key]")
        cause = details.get("ctx", {}).get("error")
        if isinstance(cause, MisfitError):
            yield from _misfits(cause, path, source)
        elif details["type"] == "extra_forbidden" or _is_section_key(details["loc"]):
            yield unknown_name(path, source)
        else:
            yield _misvalue(details, path, source)


def _is_section_key(loc: Path) -> bool:
    """Ageing buckets are keys of a map for Pydantic and names of sections for the user."""
    return loc[-1:] == ("[key]",) and bool(names_at(_words(loc[:-2])))


def _inside(path: Path, outer: Path) -> bool:
    return len(path) > len(outer) and path[: len(outer)] == outer


def unknown_name(path: Path, source: Source) -> Problem:
    """Return the problem of a name the policy does not know, with the nearest that it does."""
    form = form_at(_words(path[:-1]))
    known = names_at(_words(path[:-1])) or tuple(form.model_fields if form else ())
    if len(path) == 1:
        known = ("based_on", *known)
    near = get_close_matches(str(path[-1]), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"allowed here: {', '.join(known)}"
    return _problem(path, source, f"{_dotted(path)} is no name of a policy; {hint}", of_name=True)


def _misfits(cause: MisfitError, path: Path, source: Source) -> Iterator[Problem]:
    for misfit in cause.misfits:
        full = (*path, *(misfit.field.split(".") if misfit.field else ()))
        yield _problem(full, source, f"{_dotted(full)}{_is(full, source)} {misfit.message}")


def _is(path: Path, source: Source) -> str:
    """Say the written value in passing, where the file has one and it is short."""
    value: Any = source.values
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return ""
    return "" if isinstance(value, dict) else f" is {_shown(value)};"


def _misvalue(details: ErrorDetails, path: Path, source: Source) -> Problem:
    message = f"{_dotted(path)} is {_shown(details['input'])}; allowed: {_allowed(path)}"
    if details["type"] == "missing":
        message = f"{_dotted(path[:-1])} lacks {path[-1]}; allowed: {_allowed(path)}"
    elif details["type"] == "string_type" and isinstance(details["input"], bool | int | float):
        message += '. Write it in quotes, such as "NO"'
    elif str(details.get("ctx", {}).get("error", "")).endswith(("minor units", "twice")):
        message += f" ({details['ctx']['error']})"
    return _problem(path, source, message)


def _allowed(path: Path) -> str:
    names = names_at(_words(path))
    if names:
        return f"the names {', '.join(names)}"
    return allowed_at(_words(path)) or "nothing here"


def _problem(path: Path, source: Source, message: str, *, of_name: bool = False) -> Problem:
    at_name = source.names.get(path) if of_name else None
    spot = at_name or source.spot(path)
    return Problem(line=spot.line, column=spot.column, field=_dotted(path), message=message)


def _words(path: Path) -> tuple[str, ...]:
    return tuple(str(part) for part in path)


def _dotted(path: Path) -> str:
    return ".".join(_words(path)) or "the document"


def _shown(value: Any) -> str:
    """Return the value as the file writes it, shortened."""
    words = {None: "empty", True: "true", False: "false"}
    if value is None or isinstance(value, bool):
        return words[value]
    text = _listed(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _listed(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown(item) for item in value) + "]"
    return repr(value) if value == "" or not str(value).isprintable() else str(value)
