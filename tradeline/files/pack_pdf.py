"""The PDF of the committee pack."""

from __future__ import annotations

import json
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tradeline.files.pack import PackInput


def write_pdf(path: Path, given: PackInput) -> None:
    """Write the PDF."""
    import typst

    main = b'#set document(title: "Credit review")\n#json("data.json").run_id'
    data = json.dumps({"run_id": given.identity.run_id}).encode()
    made = datetime.combine(given.identity.as_of, time(), UTC)
    pdf = typst.compile({"main.typ": main, "data.json": data}, timestamp=made)
    path.write_bytes(pdf)
