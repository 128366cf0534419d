"""`python -m atlarge` is the `atlarge` command."""

from atlarge.cli import main

main()
