"""The run folder: what came in, by which policy, what came out, and the hashes that bind them.

manifest.json    who is who: hashes of inputs, policy, engine version, as-of date, every file
inputs/          the raw files as received, and the canonical tables as Parquet
policy.yaml      the whole policy, every number spelled out
accounts, checks, findings (.parquet, .csv), pack.xlsx, pack.pdf
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, Final

from tradeline.errors import FileFault, RunFault
from tradeline.files.records import ReadOptions, Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa

    from tradeline.files.records import Intake

MANIFEST: Final = "manifest.json"
CANONICAL: Final = ("master", "items", "payments")
_GROUP_ROWS: Final = 131_072
_FEW_VALUES: Final = (
    "entity", "kind", "currency", "country", "ageing_bucket", "risk_class", "document_date",
    "due_date", "date", "last_payment_date", "source_file", "source_sheet",
)  # fmt: skip
"""Columns worth a dictionary; one of unique numbers costs more than it saves."""


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def canonical_json(value: Any) -> str:
    """Return JSON with sorted keys and no spaces, the form that is hashed."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def inputs_hash(inputs: Sequence[dict[str, Any]], options: dict[str, Any]) -> str:
    """Return the SHA-256 over the files' contents, names and roles and how they were to be read."""
    files = [{name: value for name, value in file.items() if name != "folder"} for file in inputs]
    facts = {"files": files, "options": options}
    return hashlib.sha256(canonical_json(facts).encode()).hexdigest()


def told_options(options: ReadOptions) -> dict[str, Any]:
    """Return the reading options that were answered; a profile is already merged into them."""
    told = asdict(options)
    told.pop("profile")
    return {name: value for name, value in sorted(told.items()) if value not in (None, {})}


def store_inputs(folder: Path, sources: Sequence[Source]) -> list[Source]:
    """Copy the raw files into inputs/01/, inputs/02/... and return them as sources.

    The run reads these copies: what is kept is what was read.
    """
    stored = []
    for number, source in enumerate(sources, start=1):
        place = folder / "inputs" / f"{number:02d}"
        place.mkdir(parents=True)
        target = place / source.path.name
        try:
            shutil.copyfile(source.path, target)
        except OSError as error:
            raise FileFault(
                f"the file cannot be read: {error.strerror}",
                where=str(source.path),
                mend="check the name and that you may read it",
            ) from error
        stored.append(replace(source, path=target))
    return stored


def input_records(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """Return what the manifest says of each stored file."""
    return [
        {
            "file": source.path.name,
            "folder": source.path.parent.name,
            "sha256": file_hash(source.path),
            "entity": source.entity,
            "role": source.role,
        }
        for source in sources
    ]


def store_canonical(folder: Path, intake: Intake) -> None:
    """Write the canonical tables that the engine read."""
    (folder / "inputs").mkdir(exist_ok=True)
    for name in CANONICAL:
        table: pa.Table | None = getattr(intake, name)
        if table is not None:
            _write_parquet(folder / "inputs" / f"{name}.parquet", table)


def _write_parquet(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    few = [name for name in _FEW_VALUES if name in table.column_names]
    with pq.ParquetWriter(path, table.schema, compression="zstd", use_dictionary=few) as writer:
        for start in range(0, table.num_rows, _GROUP_ROWS):  # the bytes hold however it was chunked
            writer.write_table(table.slice(start, _GROUP_ROWS).combine_chunks())


def file_hashes(folder: Path) -> dict[str, str]:
    """Return the SHA-256 of every file of a run but the manifest, by relative name."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): file_hash(path) for path in paths}


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest, readable by people."""
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False)
    (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a run folder.

    Raises:
        RunFault: the folder holds no readable manifest.
    """
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunFault(
            f"this is not a run folder: {error}",
            where=str(path),
            mend="name a folder that `tradeline review` wrote",
        ) from error
    if not isinstance(manifest, dict) or manifest.get("format") != 1:
        raise RunFault(
            "the manifest has a form that this version does not know",
            where=str(path),
            mend="replay it with the version of tradeline named in the manifest",
        )
    return manifest


def stored_sources(folder: Path, manifest: dict[str, Any]) -> list[Source]:
    """Return the raw files of a run as sources."""
    return [
        Source(path=_inside(folder, record), entity=record["entity"], role=record["role"])
        for record in manifest["inputs"]
    ]


def _inside(folder: Path, record: dict[str, Any]) -> Path:
    name = f"inputs/{record['folder']}/{record['file']}"
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        raise RunFault(
            f"the run lacks its input {name}",
            where=str(folder),
            mend="restore the folder as it was written; a run is never edited",
        )
    return path


def read_options(manifest: dict[str, Any]) -> ReadOptions:
    """Return the reading options that a manifest recorded."""
    return ReadOptions(**manifest["options"])
