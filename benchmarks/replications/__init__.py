"""Published results computed again from the records: `python -m benchmarks.replications DATA`.

Each module has `replicate(data)`, which returns its results, and says what the data at hand do not allow.
"""
