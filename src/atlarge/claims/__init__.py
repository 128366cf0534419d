"""Claims: what each source said, written as a ledger, and what the records say of it."""

from __future__ import annotations

from atlarge.claims.page import ledger_rows, write_page
from atlarge.claims.schema import LedgerError, ledger_schema, read_ledger
from atlarge.claims.verdicts import Verdict, check, check_claims

__all__ = [
    "LedgerError",
    "Verdict",
    "check",
    "check_claims",
    "ledger_rows",
    "ledger_schema",
    "read_ledger",
    "write_page",
]
