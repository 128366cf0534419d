"""Measure the drafting rules on hand-marked sentences, and the ledger's verdicts under changed numbers.

Run: python benchmarks/claims.py. Writes benchmarks/results/claims.json. No peer drafts or checks a ledger, so
there is none to compare with; validation is compared with jsonschema alone, whose errors have no lines.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "benchmarks" / "results" / "claims.json"


def scoring() -> Any:
    """The scoring module of the tests."""
    spec = importlib.util.spec_from_file_location("scoring", ROOT / "tests" / "claims" / "scoring.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drafting() -> dict[str, Any]:
    """Scores by group and field."""
    module = scoring()
    held = module.read_marked()
    made: dict[str, Any] = {}
    for group in ("dev", "held_out"):
        made[group] = {"sentences": len(held[group]), "fields": module.score(group)[0]}
    return made


def mutations() -> dict[str, Any]:
    """Numbers of the shipped ledger changed by factors: how many verdicts of claims with a number flip."""
    from atlarge.claims import check_claims
    from atlarge.claims.schema import parse_ledger
    from atlarge.claims.template import shipped

    claims = parse_ledger(shipped("sanctuary-cities-2017"))["claims"]
    begun = time.perf_counter()
    before = check_claims(claims)
    seconds = time.perf_counter() - begun
    tested = [
        (claim, verdict)
        for claim, verdict in zip(claims, before, strict=True)
        if verdict.verdict in ("supported", "depends", "disputed")
        and isinstance(claim.get("expected"), dict)
        and "value" in claim["expected"]
    ]
    made: dict[str, Any] = {"claims": len(claims), "seconds": round(seconds, 2), "with_a_number": len(tested)}
    made["verdicts"] = {v: sum(b.verdict == v for b in before) for v in sorted({b.verdict for b in before})}
    for factor in (0.5, 0.8, 1.02, 1.25, 2.0):
        flipped = 0
        for claim, verdict in tested:
            changed = copy.deepcopy(claim)
            changed["expected"]["value"] = round(changed["expected"]["value"] * factor, 6)
            flipped += check_claims([changed])[0].verdict != verdict.verdict
        made[f"flipped_at_times_{factor}"] = f"{flipped} of {len(tested)}"
    return made


def validation() -> dict[str, Any]:
    """Time to read and validate the shipped ledger, against YAML and jsonschema alone."""
    import yaml
    from jsonschema import Draft202012Validator

    from atlarge.claims import ledger_schema
    from atlarge.claims.schema import parse_ledger
    from atlarge.claims.template import shipped

    text = shipped("sanctuary-cities-2017")
    begun = time.perf_counter()
    for _ in range(10):
        parse_ledger(text)
    ours = (time.perf_counter() - begun) / 10
    validator = Draft202012Validator(ledger_schema())
    begun = time.perf_counter()
    for _ in range(10):
        list(validator.iter_errors(yaml.load(text, Loader=yaml.BaseLoader)))
    plain = (time.perf_counter() - begun) / 10
    return {
        "seconds_with_lines_and_suggestions": round(ours, 3),
        "seconds_plain": round(plain, 3),
        "times_as_long": round(ours / plain, 2),
    }


def main() -> None:
    """Run all and save."""
    made = {"drafting": drafting(), "ledger": mutations(), "validation": validation()}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(made, indent=2))


if __name__ == "__main__":
    main()
