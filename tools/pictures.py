"""Draw the pictures of the README from a real run of the demo: the terminal and the paper.

`terminal.svg` is text and compared by a test; `pack.png` is drawn by this build step.
"""

from __future__ import annotations

import io
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rich.console import Console

from tradeline.actions.reviews import ReviewRequest, review_portfolio
from tradeline.cli.screen import show_run
from tradeline.files.records import ReadOptions, Source
from tradeline.policy.load import load_preset

if TYPE_CHECKING:
    from tradeline.actions.reviews import ReviewRun

ROOT: Final = Path(__file__).resolve().parent.parent
PICTURES: Final = ROOT / "docs" / "pictures"
EXAMPLE: Final = ROOT / "examples" / "portfolios" / "credit_master.xlsx"
WIDTH: Final = 100
SCALE: Final = 1.6  # pixels per point of the paper

# Rich's own template loads its font from elsewhere; this one uses the reader's.
FRAME: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" \
xml:space="preserve" role="img" aria-label="What the demo prints">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>{lines}</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}<g class="{unique_id}-matrix">{matrix}</g></g>
</svg>
"""


def demo(out: Path) -> ReviewRun:
    """Return a run of the demo."""
    request = ReviewRequest(
        sources=[Source(path=EXAMPLE)],
        options=ReadOptions(),
        policy=load_preset("india"),
        as_of=date(2026, 6, 30),
    )
    return review_portfolio(request, out=out, at=datetime(2026, 7, 1, tzinfo=UTC))


def terminal(run: ReviewRun) -> str:
    """Return what the command prints, as SVG."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True)
    show_run(run, console, shown_path=Path("runs") / run.path.name)
    return console.export_svg(title="make demo", code_format=FRAME, unique_id="demo")


def paper(run: ReviewRun) -> bytes:
    """Return the first page of the pack as PNG."""
    import pypdfium2

    page = pypdfium2.PdfDocument(run.path / "pack.pdf")[0]
    stream = io.BytesIO()
    page.render(scale=SCALE).to_pil().save(stream, "PNG", optimize=True)
    return stream.getvalue()


def main() -> None:
    """Write the pictures."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        run = demo(Path(folder))
        (PICTURES / "terminal.svg").write_text(terminal(run), encoding="utf-8")
        (PICTURES / "pack.png").write_bytes(paper(run))


if __name__ == "__main__":
    sys.exit(main())
