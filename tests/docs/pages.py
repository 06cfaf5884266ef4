"""What a page tells the reader to save and to type, and what it says is printed."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(console|(?:csv|yaml) \S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXIT = re.compile(r"  # exit code (\d)$")


@dataclass
class Command:
    """A line to type, the exit code it should have and the lines it should print."""

    text: str
    shown: list[str] = field(default_factory=list)

    @property
    def exit_code(self):
        """The code stated behind the line, else 0."""
        found = EXIT.search(self.text)
        return int(found[1]) if found else 0

    @property
    def arguments(self):
        """The arguments after `tradeline`, with patterns filled in from the folder."""
        words = shlex.split(EXIT.sub("", self.text))[1:]
        return [word for each in words for word in (_matches(each) if "*" in each else [each])]


def _matches(pattern):
    found = sorted(str(path) for path in Path().glob(pattern))
    assert len(found) == 1, f"{pattern} stands for {found}"
    return found


def steps(page):
    """Return, in the page's order, the files to save (name, text) and the commands to type."""
    found = []
    for kind, text in BLOCK.findall((ROOT / page).read_text(encoding="utf-8")):
        if kind != "console":
            found.append((kind.split()[1], text))
            continue
        for line in text.replace("\\\n", "").splitlines():
            if line.startswith("$ "):
                found.append(Command(line[2:]))
            elif line.strip() not in ("", "..."):
                found[-1].shown.append(line)
    return found


def commands(page):
    """Return the commands of the page."""
    return [step for step in steps(page) if isinstance(step, Command)]


def plain(text):
    """Return text with single blanks and without hashes, which change with the engine."""
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "<id>", text)
    return " ".join(re.sub("[━█]+", "", text).split())
