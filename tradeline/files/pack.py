"""The committee pack: what people decide on (`pack.xlsx`) and what they sign (`pack.pdf`).

Quarantined accounts are shown apart and counted nowhere else. Both files depend on their inputs
alone: the date inside is the review's as-of date, never the clock's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradeline.files.pack_input import PackInput

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tradeline.engine.results import ReviewTables, RunIdentity
    from tradeline.policy.schema import Policy


def write_pack(  # noqa: PLR0913 - a pack is made of these facts; the callers name each
    folder: Path,
    *,
    tables: ReviewTables,
    currency: str,
    policy: Policy,
    identity: RunIdentity,
    inputs: Sequence[tuple[str, str]],
    policy_words: Sequence[tuple[str, Sequence[str]]],
    on_progress: Callable[[str], None] | None = None,
) -> None:
    """Write pack.xlsx and pack.pdf into the folder.

    `inputs` are file names with their SHA-256, `policy_words` chapter titles with their sentences.
    `on_progress` is told in a few words what is being written.
    """
    from tradeline.files.pack_pdf import write_pdf
    from tradeline.files.pack_xlsx import write_xlsx

    given = PackInput(
        tables=tables,
        currency=currency,
        policy=policy,
        identity=identity,
        inputs=inputs,
        policy_words=policy_words,
    )
    tell = on_progress or (lambda _step: None)
    tell("pack.xlsx")
    write_xlsx(folder / "pack.xlsx", given)
    tell("pack.pdf")
    write_pdf(folder / "pack.pdf", given)
