"""Keeping a store current: fetch what is new, ingest it, and report what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atlarge.errors import AtlargeError, ReleaseError
from atlarge.ingest import ingest
from atlarge.records.store import Store, open_store, read_manifest
from atlarge.releases import families
from atlarge.releases.latest import Fetched, address, fetch_latest, latest_names

if TYPE_CHECKING:
    from atlarge.policies import Policy

USUAL = ("arrests-latest", "detainers-latest", "detention-stays-latest", "detention-stints-latest")
"""Newest releases that are fetched into a store that holds none of their tables yet."""
MOST_ANSWERS = 10
"""Answers compared in one update, those of the largest revisions first."""
ALARM_WEEKS = 8
"""Weeks before the last complete one in which an update looks for surges."""
UNKNOWN_WEEKS = 8
"""Weeks at the end that are left out where it is not known how complete they are."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Update:
    """What an update did: files fetched, counts revised, answers that read differently now."""

    fetched: list[Fetched]
    revisions: list[dict[str, Any]] = field(default_factory=list)
    answers_changed: list[dict[str, Any]] = field(default_factory=list)
    alarms: list[dict[str, Any]] = field(default_factory=list)
    completeness: dict[str, Any] | None = None
    notes: list[str] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """`fetched`, `revisions`, `answers_changed`, `alarms`, `completeness` and `notes`, as `atlarge update
        --json` prints them."""
        return asdict(self)


def update(
    store: Path | str,
    *,
    names: Sequence[str] = (),
    folder: Path | str | None = None,
    source: str | None = None,
    answers: bool = True,
    alarms: bool = True,
    on_progress: Say | None = None,
    progress: bool = False,
) -> Update:
    """Fetch the newest releases of what a store holds, ingest those that changed, and report what changed.

    Parameters
    ----------
    store : path
        The store; created if it is not there.
    names : sequence of str
        Newest releases to fetch ("arrests-latest"); left out, those of the tables that the store holds.
    folder : path, optional
        Where the files go; left out, `releases` beside the store.
    source : str, optional
        Another address that keeps files of the same names.
    answers : bool
        Compare the answers on dated policies whose places were revised.
    alarms : bool
        Look for surges of arrests at large in the last weeks, by area of responsibility; only in weeks
        whose records are nearly all in.
    on_progress : callable, optional
        Takes a line about each step.
    progress : bool
        Show a bar for each download on stderr.

    Returns
    -------
    Update

    Raises
    ------
    ReleaseError
        If nothing at all could be fetched and read; the line says why and what to do instead.
    """
    report = on_progress or (lambda _line: None)
    path = Path(store)
    into = Path(folder) if folder else path.parent / "releases"
    wanted = list(names) or _of_store(path)
    fetched: list[Fetched] = []
    for name in wanted:
        try:
            fetched.append(fetch_latest(name, into, source=source, on_progress=report, progress=progress))
        except ReleaseError as error:
            if name not in latest_names():
                raise
            url = address(name, source)
            fetched.append(Fetched(name, url, "failed", why=str(error)))
    manifest = read_manifest(path) if path.is_dir() else None
    before = Store(path, manifest) if manifest else None
    revised: list[dict[str, Any]] = []
    notes: list[str] = []
    is_same = True
    for at, one in enumerate(fetched):
        if one.file is None or _is_in(before, one.sha256):
            continue
        try:  # one by one: a file that is refused keeps no other out
            audit = ingest(one.file, path, on_progress=report)
        except ReleaseError as error:
            fetched[at] = replace(one, status="failed", why=str(error))
            continue
        is_same, revised, notes = False, revised + audit.revisions, notes + audit.notes
    reasons = [one.why for one in fetched if one.why]
    if reasons and len(reasons) == len(fetched):
        raise ReleaseError(reasons[0])
    for why in reasons:
        report(why)
    if is_same:
        return Update(fetched)
    revised.sort(key=lambda row: -abs(float(row["change"])))
    changed = _answers(before, path, revised, report) if answers and before else []
    raised, known = _alarms(path, report) if alarms else ([], None)
    return Update(fetched, revised, changed, raised, known, notes)


def _alarms(path: Path, say: Say) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Surges in the last weeks that are complete, and how complete the records are."""
    from atlarge.records.completeness import completeness
    from atlarge.surges import find_surges

    store = open_store(path)
    if "arrests" not in store.tables():
        return [], None
    known = completeness(store)
    if known.as_of is None:
        return [], known.to_dict()
    until = known.complete_until or known.as_of - dt.timedelta(weeks=UNKNOWN_WEEKS)
    if known.complete_until is None:
        say(f"{known.why}: surges are looked for up to {until}, {UNKNOWN_WEEKS} weeks before the end")
    start = until - dt.timedelta(weeks=ALARM_WEEKS)
    why = ""
    for level in ("aor", "state", "county"):
        try:
            found = find_surges(store, by=level, measure="at_large", start=start, end=until)
            break
        except AtlargeError as error:  # a file of one state or county does not cover a whole area
            why = why or str(error)
    else:
        say(f"no surges looked for: {why}")
        return [], known.to_dict()
    raised = [one for one in found.surges if one.end <= until]
    return [{**one.to_dict(), "complete_until": until.isoformat()} for one in raised], known.to_dict()


def _of_store(path: Path) -> list[str]:
    """Newest releases of the tables that a store holds; the usual ones where it holds none of them."""
    manifest = read_manifest(path) if path.is_dir() else None
    tables = {str(release["table"]) for release in manifest["releases"]} if manifest else set()
    known = families()
    names = [
        name for name, one in latest_names().items() if known[one].table in tables and "joined" not in name
    ]
    return sorted(names) or list(USUAL)


def _is_in(store: Store | None, sha256: str | None) -> bool:
    return store is not None and any(release["sha256"] == sha256 for release in store.releases)


def _answers(before: Store, path: Path, revisions: list[dict[str, Any]], say: Say) -> list[dict[str, Any]]:
    """Answers on dated policies of places whose records were revised, that read differently now."""
    from atlarge.policies import policies

    revised: dict[str, float] = {}
    for row in revisions:
        if row["table"] in ("arrests", "detainers") and row["place_kind"] in ("county", "state"):
            revised[row["place"]] = revised.get(row["place"], 0.0) + abs(float(row["change"]))
    affected = [p for p in policies() if str(p.place) in revised and getattr(p, "is_jail_rule", True)]
    affected.sort(key=lambda p: -revised[str(p.place)])
    after = open_store(path)
    found = []
    for at, policy in enumerate(affected[:MOST_ANSWERS], start=1):
        say(f"comparing answers: {at} of {min(len(affected), MOST_ANSWERS)} ({policy.id})")
        then, now = _read(policy, before), _read(policy, after)
        if then != now:
            found.append(
                {
                    "policy": policy.id,
                    "place": str(policy.place),
                    "place_name": policy.place_name,
                    "before": then,
                    "after": now,
                }
            )
    return found


def _read(policy: Policy, store: Store) -> dict[str, Any]:
    """What a reader sees of an answer: its headline, verdicts and effect; or why there is none."""
    from atlarge.explain import explain

    try:
        answer = explain(str(policy.place), policy=policy.id, store=store).to_dict()
    except AtlargeError as error:
        return {"why": str(error)}
    verdicts = answer.get("verdicts") or {}
    plain = {
        name: one.get("verdict") if isinstance(one, dict) else one
        for name, one in (verdicts.items() if isinstance(verdicts, dict) else _pairs(verdicts))
    }
    spans = [
        {key: span.get(key) for key in ("span", "measure", "observed", "counterfactual", "effect")}
        for span in answer.get("spans", [])
    ]
    return {"headline": answer.get("headline"), "verdicts": plain, "spans": spans}


def _pairs(verdicts: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    return ((str(one.get("account", at)), one) for at, one in enumerate(verdicts) if isinstance(one, dict))
