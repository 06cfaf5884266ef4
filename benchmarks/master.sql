-- The master as it is, each row with its place in the file.
CREATE VIEW source AS SELECT * FROM read_parquet('{master}', file_row_number = true);
