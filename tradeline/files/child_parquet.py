"""Read Parquet in the child: counts are judged by the footer before a page is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradeline.errors import FileFault, HostileFile
from tradeline.files.header import distinct_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROWS_MAX: Final = 20_000_000
BYTES_MAX: Final = 4 * 1024**3
COLUMNS_MAX: Final = 1_000


def read(request: dict[str, Any], words: Callable[[], Sequence[str]]) -> dict[str, Any]:
    """Return the description of the table, which is written to `request["output"]`."""
    import pyarrow.parquet as pq

    from tradeline.files.child import write_tables

    del words  # a Parquet file names its columns
    file = pq.ParquetFile(
        request["path"], thrift_string_size_limit=10_000_000, thrift_container_size_limit=1_000_000
    )
    _check(file)
    headers = distinct_headers(file.schema_arrow.names)
    rows = write_tables(_groups(file), request["output"])
    if rows != file.metadata.num_rows:
        raise FileFault(
            "The file holds another number of rows than it states.", mend="Write it again."
        )
    return {
        "format": "parquet", "sheet": None, "header_row": 0, "first_row": 1, "headers": headers,
        "encoding": None, "delimiter": None, "cell_faults": [],
    }  # fmt: skip


def _groups(file: Any) -> Iterator[Any]:
    """Yield the row groups one by one, so that memory holds one of them, with numbered columns."""
    groups = range(file.metadata.num_row_groups)
    for table in (file.read_row_group(index) for index in groups) if groups else [file.read()]:
        yield _plain(table).rename_columns([str(i) for i in range(table.num_columns)])


def _check(file: Any) -> None:
    about = file.metadata
    groups = [about.row_group(index) for index in range(about.num_row_groups)]
    size = sum(group.total_byte_size for group in groups)
    if about.num_rows > ROWS_MAX or about.num_columns > COLUMNS_MAX or size > BYTES_MAX:
        raise HostileFile(
            f"The file states {about.num_rows:,} rows, {about.num_columns:,} columns and "
            f"{size:,} bytes.",
            mend="Write the needed rows and columns only.",
        )
    if sum(group.num_rows for group in groups) != about.num_rows:
        raise HostileFile("The file's row counts contradict each other.", mend="Write it again.")


def _plain(table: Any) -> Any:
    """Return the table with dictionaries unpacked; nested columns are refused."""
    import pyarrow as pa

    for index, field in enumerate(table.schema):
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type):
            raise FileFault(
                f"Column {field.name} is {field.type}, not plain values.",
                mend="Write one plain value per cell.",
            )
        if pa.types.is_dictionary(field.type):
            plain = table.column(index).cast(field.type.value_type)
            table = table.set_column(index, field.name, plain)
    return table
