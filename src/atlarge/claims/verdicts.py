"""Judge a claim: try every source and reading, and combine the results."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from atlarge.claims.checks import run
from atlarge.claims.figures import figure_measures, figures, normal
from atlarge.claims.linked import CANNOT_BE_TOLD, FITS, explained
from atlarge.claims.merging import fit_of, merge, named, unique
from atlarge.claims.outcomes import CONTRADICTED, DEPENDS, NOT_TESTABLE, SUPPORTED, Outcome
from atlarge.claims.quantities import side
from atlarge.claims.records import PanelSource
from atlarge.claims.schema import read_ledger
from atlarge.claims.sources import Gap, Source, parties
from atlarge.errors import StoreError
from atlarge.panel import measures
from atlarge.periods import parse_period
from atlarge.records.store import Store, open_store
from atlarge.reference import table
from atlarge.wording import did_you_mean

_TESTED = ("count", "share", "rank", "comparison", "timing")
_OVERRIDES = (
    "measure", "where", "when", "of", "against", "among", "event", "every", "scheme", "source", "expected",
)  # fmt: skip
"""Fields that a reading of a claim may change."""


@dataclass(frozen=True)
class Verdict:
    """A claim with what the records say of it. `to_dict()` is the JSON of `atlarge check`."""

    id: str
    verdict: str
    value: Any
    expected: Any
    unit: str | None
    evidence: list[dict[str, Any]]
    text: str = ""
    kind: str = ""
    speaker: dict[str, Any] = field(default_factory=dict)
    word: str | None = None
    reading: dict[str, Any] | None = None
    sensitivity: list[dict[str, Any]] = field(default_factory=list)
    answers: list[dict[str, Any]] = field(default_factory=list)
    fits: str | None = None
    needs: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    status: str = "confirmed"
    measure: str | None = None
    where: str | None = None
    when: str | None = None

    def __repr__(self) -> str:
        return f"<Verdict {self.id}: {self.verdict}>"

    def to_dict(self) -> dict[str, Any]:
        """Plain values, in a fixed order."""
        return dict(self.__dict__)


def check(ledger: Path | str, store: Store | Path | str | None = None) -> list[Verdict]:
    """Check every claim of a YAML ledger against a store and the reference tables.

    Parameters
    ----------
    ledger : path
        The ledger.
    store : Store or path, optional
        Left out: the embedded records.

    Returns
    -------
    list of Verdict
        One a claim, in the ledger's order. A claim that no source can test is "not testable", with what
        would be needed, and never an error.

    Raises
    ------
    LedgerError
        When the ledger is not valid.
    StoreError
        When a store was named and cannot be read.

    Examples
    --------
    >>> from atlarge.claims.template import shipped
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder, "claims.yaml")
    ...     size = file.write_text(shipped("sanctuary-cities-2017"), encoding="utf-8")
    ...     verdicts = check(file)
    >>> verdicts[0].id, verdicts[0].verdict
    ('national-population', 'supported')
    """
    return check_claims(read_ledger(ledger)["claims"], store)


def check_claims(claims: list[dict[str, Any]], store: Store | Path | str | None = None) -> list[Verdict]:
    """Check claims that are already read and valid.

    Parameters
    ----------
    claims : list of dict
        As `read_ledger` gives them under "claims".
    store : Store or path, optional
        Left out: the embedded records.

    Returns
    -------
    list of Verdict
        One a claim, in order.

    Examples
    --------
    >>> claim = {"id": "a", "text": "as printed", "kind": "count", "measure": "at_large", "where": "US",
    ...          "when": "2017-02", "value": 3000}
    >>> check_claims([claim])[0].verdict
    'contradicted'
    """
    opened = _opened(store)
    kept: dict[Any, Any] = {}
    return [_Checker(opened, claim, kept).verdict() for claim in claims]


def _opened(store: Store | Path | str | None) -> Store | None:
    """The store; None when none was named and none is embedded."""
    if store is None:
        try:
            return open_store(None)
        except StoreError:
            return None
    return open_store(store)


class _Checker:
    """Checks one claim."""

    def __init__(self, store: Store | None, claim: dict[str, Any], kept: dict[Any, Any]) -> None:
        self.store = store
        self.kept = kept
        self.claim = claim
        self.gaps: list[str] = []

    def verdict(self) -> Verdict:
        """The verdict, with whatever the claim links to as further evidence."""
        claim = self.claim
        if claim["kind"] in _TESTED and "measure" in claim:
            result = self._tested()
        elif claim["kind"] in _TESTED:
            result = self._untestable("the claim names no measure")
        elif claim["kind"] == "assertion" and "implies" not in claim and "explanation" not in claim:
            result = self._untestable(
                "a document, or the word of someone who was there; counts do not show it"
            )
        else:
            result = self._of_cause()
        return self._with_context(result)

    # --- claims with a number -------------------------------------------------------------------------

    def _tested(self) -> Verdict:
        answers = []
        for name, test in self._readings(self.claim):
            for label, outcomes in self._by_kind(test).items():
                merged = merge(outcomes)
                title = ", ".join(part for part in (name, label) if part)
                answers.append((title, merged))
        if not answers:
            return self._untestable()
        other = self._other_scheme()
        if other and [(o.verdict, other.verdict) for _, o in answers] == [(CONTRADICTED, SUPPORTED)]:
            # A claim that holds under another published reading of the methods is not simply wrong.
            answers = [("scheme ddp", answers[0][1]), ("scheme biglocal", other)]
        first = next((a for a in answers if a[1].verdict == SUPPORTED), answers[0])[1]
        verdicts = {outcome.verdict for _, outcome in answers}
        verdict = verdicts.pop() if len(verdicts) == 1 else DEPENDS
        shown = answers[0][1] if verdict != DEPENDS else first
        return self._from(shown, verdict, answers, other)

    def _from(
        self, shown: Outcome, verdict: str, answers: list[tuple[str, Outcome]], other: Outcome | None
    ) -> Verdict:
        verdicts = [
            _row(title or "as stated", outcome, "value", "unit", "source") for title, outcome in answers
        ]
        evidence = unique([entry for _, outcome in answers for entry in outcome.evidence])
        written = self.claim.get("expected")
        is_partial = len(answers) < len(self.claim.get("readings", [1]))
        return Verdict(
            id=self.claim["id"],
            verdict=verdict,
            value=shown.value,
            expected=shown.expected,
            unit=shown.unit,
            evidence=evidence,
            word=written.get("word") if isinstance(written, dict) else None,
            reading=shown.band,
            sensitivity=shown.sensitivity + (_scheme_row(other) if other else []),
            answers=verdicts if len(verdicts) > 1 else [],
            notes=list(dict.fromkeys(note for _, outcome in answers for note in outcome.notes)),
            needs=list(dict.fromkeys(self.gaps)) if is_partial else [],
        )

    def _readings(self, claim: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
        """The claim as written, or each of its readings with what it changes."""
        base = {key: claim[key] for key in _OVERRIDES if key in claim} | {"kind": claim["kind"]}
        if "readings" not in claim:
            return [("", base)]
        return [(r["name"], base | {k: r[k] for k in _OVERRIDES if k in r}) for r in claim["readings"]]

    def _sources(self, test: dict[str, Any]) -> list[Source]:
        """The sources a test may use: the panel, then the parties of the reference tables."""
        requested = test.get("source")
        wanted = [requested] if isinstance(requested, str) else requested
        sources: list[Source] = []
        if self.store is not None and (wanted is None or "panel" in wanted):
            scheme = test.get("scheme", "ddp")
            sources.append(self.kept.setdefault(scheme, PanelSource(self.store, scheme)))
        tables = None if wanted is None else [w for w in wanted if w != "panel"]
        if tables is None or tables:
            sources += parties(tables)
        return sources

    def _by_kind(self, test: dict[str, Any]) -> dict[str, list[Outcome]]:
        """Outcomes of all sources that have the measure, by the kind of place the names are read as."""
        found: dict[str, list[Outcome]] = {}
        sources = self._sources(test)
        wanted = side(test)
        for source in sources:
            holds = _holds(source, wanted.measure)
            if not holds:
                continue
            kinds: list[str | None] = (
                [wanted.kind] if wanted.kind else list(source.kinds(wanted.measure, list(wanted.places)))
            )
            if not kinds or not wanted.places:
                kinds = [wanted.kind]
            for kind in kinds:
                outcome = run(test, source, kind, tuple(s for s in sources if s is not source))
                if isinstance(outcome, Gap):
                    self.gaps.append(outcome.reason)
                    continue
                label = f"by {kind}" if kind and len(kinds) > 1 else ""
                found.setdefault(label, []).append(named(outcome, source, kind))
        if not any(_holds(s, wanted.measure) for s in sources):
            self.gaps.append(_no_measure(wanted.measure, test.get("source"), self.store is not None))
        return found

    def _other_scheme(self) -> Outcome | None:
        """The outcome under the other reading of apprehension methods, where the measure depends on it."""
        measure = measures().get(str(self.claim.get("measure", "")))
        if measure is None or not measure.category or self.store is None or "scheme" in self.claim:
            return None
        test = self._readings(self.claim)[0][1] | {"scheme": "biglocal", "source": "panel"}
        outcomes = [
            o for group in _Checker(self.store, self.claim, self.kept)._by_kind(test).values() for o in group
        ]
        return outcomes[0] if outcomes else None

    # --- claims of cause and denial -------------------------------------------------------------------

    def _of_cause(self) -> Verdict:
        """Test what the claim implies; a fit is not a cause, so "supported" is not among the answers."""
        outcomes: list[tuple[str, Outcome]] = []
        for implied in self.claim.get("implies", []):
            for label, group in self._by_kind(implied).items():
                title = implied.get("text", implied["kind"]) + (f", {label}" if label else "")
                outcomes.append((title, merge(group)))
        linked = explained(self.claim, self.store, self.kept)
        verdicts = [o.verdict for _, o in outcomes]
        if linked is not None and linked.verdict != CANNOT_BE_TOLD:
            # A denial denies the account, so an account that fits speaks against it.
            speaks_for = (linked.verdict == FITS) == (self.claim["kind"] == "cause")
            verdicts.append(SUPPORTED if speaks_for else CONTRADICTED)
        verdict, fits = fit_of(set(verdicts))
        result = self._untestable(fits=fits, verdict=verdict)
        if outcomes:
            result = self._with_implied(result, outcomes)
        notes = list(result.notes)
        if linked is not None:
            title = f"explanation: {linked.title or self.claim['explanation']}"
            row = {"reading": title, "verdict": linked.verdict, "value": None, "expected": None, "unit": None}
            extra = [linked.evidence] if linked.evidence else []
            answers = [*result.answers, row | {"source": "explain"}]
            result = replace(result, answers=answers, evidence=[*result.evidence, *extra])
            notes.append(linked.reason)
        if fits == FITS:
            notes.append(
                "What the claim implies is so, which fits it; records of counts do not show a cause."
            )
        return replace(result, notes=notes)

    def _with_implied(self, result: Verdict, outcomes: list[tuple[str, Outcome]]) -> Verdict:
        """The verdict with what each implied test says."""
        first = outcomes[0][1]
        answers = [_row(title, o, "value", "expected", "unit", "source") for title, o in outcomes]
        return replace(
            result,
            value=None if result.verdict == NOT_TESTABLE else first.value,
            expected=first.expected,
            unit=first.unit,
            evidence=unique([e for _, o in outcomes for e in o.evidence]),
            answers=answers,
            sensitivity=[row | {"of": title} for title, o in outcomes for row in o.sensitivity],
            notes=list(dict.fromkeys(n for _, o in outcomes for n in o.notes)),
        )

    # --- what is common -------------------------------------------------------------------------------

    def _untestable(
        self, reason: str | None = None, fits: str | None = None, verdict: str = NOT_TESTABLE
    ) -> Verdict:
        written = self.claim.get("expected")
        stated = written if isinstance(written, dict) else {"value": written}
        requested = self.claim.get("needs", [])
        needs = [requested] if isinstance(requested, str) else requested
        gaps = [reason] if reason else self.gaps
        return Verdict(
            id=self.claim["id"],
            verdict=verdict,
            value=None,
            expected=stated.get("value"),
            unit=stated.get("unit"),
            evidence=[],
            word=stated.get("word"),
            fits=fits,
            needs=list(dict.fromkeys([*needs, *gaps])),
        )

    def _with_context(self, result: Verdict) -> Verdict:
        """Add statements linked to, and figures of the same measure and place at other, overlapping times."""
        evidence = [*result.evidence, *self._statements(), *self._nearby(result)]
        notes = [*([self.claim["note"]] if "note" in self.claim else []), *result.notes]
        return replace(
            result,
            text=self.claim["text"],
            kind=self.claim["kind"],
            speaker=self.claim.get("speaker", {}),
            evidence=evidence,
            notes=list(dict.fromkeys(notes)),
            status=self.claim.get("status", "confirmed"),
            measure=self.claim.get("measure"),
            where=self._place(),
            when=self._period(),
        )

    def _place(self) -> str | None:
        """The place of the claim in words; None where it names none."""
        if "where" not in self.claim:
            return None
        wanted = side({"where": self.claim["where"]})
        if wanted.top is not None:
            return f"the {wanted.top} largest {wanted.kind or ''} places".replace("  ", " ")
        return ", ".join(wanted.places) if wanted.places else f"every {wanted.kind}"

    def _period(self) -> str | None:
        """The dates of the claim, first to last; None where it names none."""
        return str(parse_period(self.claim["when"])) if "when" in self.claim else None

    def _statements(self) -> list[dict[str, Any]]:
        """Statements of the reference table that the claim names."""
        rows = {row["statement"]: row for row in table("documented_statements").iter_rows(named=True)}
        return [
            {"role": "statement"}
            | (
                _statement(rows[name])
                if name in rows
                else {"statement": name, "note": _unknown(name, list(rows)), "position": i}
            )
            for i, name in enumerate(self.claim.get("statements", []))
        ]

    def _nearby(self, result: Verdict) -> list[dict[str, Any]]:
        """Figures that speak of the same measure and place in an overlapping but different period."""
        if "measure" not in self.claim or "when" not in self.claim:
            return []
        wanted = side(self.claim)

        names = {normal(place) for place in wanted.places}
        used = {entry.get("rows") for entry in result.evidence}
        return [
            figure.to_dict("context")
            for figure in figures()
            if figure.measure == wanted.measure
            and figure.names & names
            and figure.value is not None
            and wanted.when is not None
            and figure.period.overlaps(wanted.when)
            and figure.row not in used
        ][:10]


def _row(reading: str, outcome: Outcome, *names: str) -> dict[str, Any]:
    """A line of a verdict's answers."""
    return {"reading": reading, "verdict": outcome.verdict} | {name: getattr(outcome, name) for name in names}


def _statement(row: dict[str, Any]) -> dict[str, Any]:
    """A statement of the reference table as evidence."""
    day = row["date"].isoformat()
    return {
        "from": day,
        "to": day,
        "party": row["who"],
        "heard": row["heard"],
        "says": row["says"],
        "source": "documented_statements",
        "rows": f"documented_statements.csv, {row['statement']}",
        "source_url": row["source_url"],
    }


def _scheme_row(other: Outcome) -> list[dict[str, Any]]:
    """The sensitivity row of the other scheme."""
    return [{"reading": "scheme biglocal", "value": other.value, "verdict": other.verdict}]


def _holds(source: Source, measure: str) -> bool:
    """Whether a source knows the measure at all."""
    if isinstance(source, PanelSource):
        return measure in measures()
    return any(f.measure == measure for f in getattr(source, "published", ()))


def _unknown(word: str, known: list[str]) -> str:
    return "; ".join(filter(None, (f"there is no {word!r}", did_you_mean(word, known, likeness=0.5))))


def _no_measure(measure: str, requested: Any, has_store: bool) -> str:
    """Why no source has a measure, with the nearest name."""
    known = [*measures(), *figure_measures()]
    if measure in known:
        where = f" in {requested}" if requested else ""
        return f"no source{where} here holds {measure}" + ("" if has_store else "; name a store")
    return f"no source here holds a measure of that name: {_unknown(measure, known)}"
