"""Reading the user's files into tables, and writing results into files."""
