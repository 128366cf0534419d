"""Records: typed tables, duplicates, overlap, audit and the store."""
