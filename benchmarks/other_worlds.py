"""Answers in worlds drawn by other code than the package's: wrong verdicts and coverage, setting by setting.

Nothing of `atlarge.simulate` is used. Places are real counties; levels drift and jump, records burst (Pareto
tails), areas and the nation have shocks of their own; many places are asked about in each world, some with no
effect, some with a lasting rise of a quarter, a burst of a usual month, or handoffs lost and partly replaced.

    python benchmarks/other_worlds.py [--worlds 6] [--first 1] [--only SETTING]

Prints a table and saves benchmarks/results/other_worlds.json (settings that are not run keep their result).
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from atlarge.errors import AtlargeError
from atlarge.explain.api import settled, verdicts_of
from atlarge.explain.areas import office_of, where_of
from atlarge.explain.daily import Daily
from atlarge.explain.fit import measure
from atlarge.explain.periods import months_of
from atlarge.explain.study import study_from
from atlarge.policies import Policy, Registry
from atlarge.reference import table

RESULTS = Path(__file__).parent / "results" / "other_worlds.json"
WEEKS_A_MONTH = 4.35
WEEKDAYS = {"at_large": (0.19, 0.2, 0.2, 0.19, 0.15, 0.04, 0.03), "handoffs": (0.16,) * 5 + (0.1, 0.1)}
MERGED = dt.date(2025, 7, 21)  # from here on jails and prisons are one method
SURGE = dt.date(2025, 1, 20)
OF_JAILS = 0.3  # handoffs name only an office so much less often than arrests at large
KINDS = ("none", "lasting", "none", "loss", "none", "burst", "none", "loss")
CLASSES = (0.0, 2.0, 5.0, 10.0, 20.0, float("inf"))


@dataclass(frozen=True)
class Setting:
    """A world: standard deviations are of logs, a month; `dates` are the weeks in which policies begin."""

    places: int = 250
    first: dt.date = dt.date(2014, 10, 6)
    weeks: int = 230
    dates: tuple[int, int] = (60, 170)
    asked: int = 40
    others: int = 20
    median: float = 5.0
    spread: float = 1.2
    smallest: float = 1.5
    largest: float = float("inf")
    walk: float = 0.07
    jumps: float = 0.01
    shocks: float = 0.04
    dispersion: float = 1.3
    bursts: float = 0.03
    tail: float = 1.6
    operations: float = 0.0
    unnamed: float = 0.0
    switched: float = 0.0
    relabelled: float = 0.0
    one_day: bool = False
    again: bool = False
    surges: bool = False


SETTINGS = {
    "plain": Setting(),
    "most records name an office": Setting(unnamed=0.6),
    "18 months of records": Setting(weeks=79, dates=(32, 60)),
    "places of one or two a month": Setting(median=1.5, smallest=0.6, largest=3.0),
    "places of 60 a month and over": Setting(median=20.0, spread=1.6, smallest=60.0),
    "32 places": Setting(places=32, asked=8, others=4),
    "18 places": Setting(places=18, asked=5, others=3),
    "policies at the end": Setting(dates=(222, 228)),
    "policies at the beginning": Setting(dates=(28, 36)),
    "several policies of one place": Setting(again=True),
    "all policies on one day": Setting(one_day=True, others=60),
    "operations every third week": Setting(operations=0.8),
    "forms of 2022 to 2026, a surge": Setting(
        first=dt.date(2022, 10, 3), weeks=180, dates=(110, 165), surges=True
    ),
    "levels jump": Setting(jumps=0.04),
    "levels drift": Setting(walk=0.15),
    "bursts everywhere": Setting(bursts=0.12, tail=1.2),
    "shocks of areas and the nation": Setting(shocks=0.12),
    "methods switch in half the offices": Setting(unnamed=0.4, switched=0.5),
    "half the jails relabelled": Setting(unnamed=0.3, relabelled=0.5),
    "every jail relabelled": Setting(unnamed=0.3, relabelled=1.0),
}


@dataclass(frozen=True)
class World:
    """What was drawn: counts by level as `study_from` takes them, and the truth by place and week."""

    setting: Setting
    fips: list[str]
    names: list[str]
    offices: list[str | None]
    levels: dict[str, dict[str, Daily]]
    registry: Registry
    asked: dict[int, str]
    start: np.ndarray
    extra: np.ndarray
    replaced: np.ndarray
    lost: np.ndarray


def _walks(rng: np.random.Generator, rows: int, weeks: int, sd: float) -> np.ndarray:
    return np.cumsum(rng.normal(0, sd / WEEKS_A_MONTH**0.5, (rows, weeks)), 1)


def _drawn(rng: np.random.Generator, mean: np.ndarray, dispersion: float) -> np.ndarray:
    """Negative binomial counts."""
    extra = dispersion - 1.0
    return rng.poisson(rng.gamma(np.maximum(mean, 1e-9) / extra, extra))


def _counties(rng: np.random.Generator, number: int) -> list[tuple[str, str, str]]:
    """Real counties with their areas, a third of them the seats of offices."""
    rows = list(table("counties").select("fips", "place_name", "aor").drop_nulls("aor").iter_rows())
    seats = [k for k, (fips, _, aor) in enumerate(rows) if "has its seat in the county" in _how(fips, aor)]
    seated = rng.choice(seats, number // 3, replace=False)
    rest = [k for k in rng.permutation(len(rows)) if k not in set(seated)][: number - len(seated)]
    return sorted(rows[k] for k in (*seated, *rest))


def _how(fips: str, aor: str) -> str:
    found = office_of(fips, aor)
    return found[1] if found else ""


def _levels(s: Setting, rng: np.random.Generator, area: np.ndarray, nation: np.ndarray) -> np.ndarray:
    """Weekly means of arrests at large [places, weeks]."""
    n, weeks = len(area), s.weeks
    base = np.exp(rng.normal(np.log(s.median), s.spread, (n, 1))) / WEEKS_A_MONTH
    own = _walks(rng, n, weeks, s.walk)
    jump = rng.random((n, weeks)) < s.jumps / WEEKS_A_MONTH
    own += np.cumsum(jump * rng.normal(0, 0.6, (n, weeks)), 1)
    regions = _walks(rng, int(area.max()) + 1, weeks, s.shocks)
    level = base * np.exp(rng.normal(1, 0.25, (n, 1)) * nation + regions[area] + own)
    if s.surges:
        grown = np.exp(rng.normal(np.log(3.0), 0.45, (n, 1)))
        begun = np.clip((np.arange(weeks) - (SURGE - s.first).days // 7) / 20, 0, 1)
        level *= 1 + (grown - 1) * begun
    return np.clip(level, 0.005, 350.0)


def _by_day(rng: np.random.Generator, weekly: np.ndarray, measure: str) -> np.ndarray:
    return rng.multinomial(weekly.astype(int), WEEKDAYS[measure]).reshape(len(weekly), -1).astype(float)


def _runs(rng: np.random.Generator, sizes: np.ndarray) -> np.ndarray:
    """Bursts [places, weeks] on three days of their week [places, days]."""
    found = np.zeros((len(sizes), 7 * sizes.shape[1]))
    for place, week in zip(*np.nonzero(sizes), strict=True):
        day = 7 * week + rng.integers(0, 5)
        found[place, day : day + 3] += rng.multinomial(int(sizes[place, week]), [1 / 3] * 3)
    return found


def draw(s: Setting, seed: int) -> World:
    """One world of a setting."""
    rng = np.random.default_rng([seed, 77])
    counties = _counties(rng, s.places)
    n, weeks = len(counties), s.weeks
    area = np.unique([aor for *_, aor in counties], return_inverse=True)[1]
    season = 0.1 * np.sin(2 * np.pi * (np.arange(weeks) / 52 + rng.random()))
    nation = _walks(rng, 1, weeks, 0.05 + s.shocks / 4) + season
    level = _levels(s, rng, area, nation)
    jail = np.exp(rng.normal(np.log(8.0), 1.1, (n, 1))) / WEEKS_A_MONTH
    jail = np.clip(jail * np.exp(0.6 * nation + _walks(rng, n, weeks, 0.05)), 0.005, 350.0)
    before = level[:, : max(8, s.dates[0] - 8)].mean(1) * WEEKS_A_MONTH  # chosen by what came before alone
    large = rng.permutation(np.flatnonzero((before >= s.smallest) & (before <= s.largest)))[: s.asked]
    asked = {int(i): KINDS[k % len(KINDS)] for k, i in enumerate(large)}
    others = [int(i) for i in rng.permutation(n) if i not in asked][: s.others]
    start = np.full(n, -1)
    changed = [*asked, *others]
    start[changed] = rng.integers(s.dates[0], s.dates[1] + 1, 1 if s.one_day else len(changed))
    mean = level.copy()
    if s.operations:
        on = rng.random((n, weeks)) < 0.35
        mean *= 1 - s.operations + s.operations * on / 0.35 * rng.gamma(2.0, 0.5, (n, weeks))
    base, handoffs = _drawn(rng, mean, s.dispersion), _drawn(rng, jail, 1.2)
    extra, planted, replaced, lost = (np.zeros((n, weeks)) for _ in range(4))
    for i in changed:
        t, kind = start[i], asked.get(i, "loss")
        if kind == "lasting":
            extra[i, t:] = rng.poisson(0.25 * mean[i, t:])
        elif kind == "burst":
            planted[i, t + int(rng.integers(0, min(3, weeks - t)))] = round(
                level[i, t - 26 : t].mean() * WEEKS_A_MONTH
            )
        elif kind == "loss":
            lost[i, t:] = rng.binomial(handoffs[i, t:], rng.uniform(0.3, 0.9))
            rate = float(np.clip(rng.normal(0.2, 0.1), 0, 0.9))
            late = np.minimum(np.arange(t, weeks) + rng.integers(0, 4, weeks - t), weeks - 1)
            np.add.at(replaced[i], late, rng.binomial(lost[i, t:].astype(int), rate))
    is_burst = rng.random((n, weeks)) < s.bursts / WEEKS_A_MONTH
    sizes = np.round(is_burst * np.minimum(2 * (rng.pareto(s.tail, (n, weeks)) + 0.3), 60) * level)
    days = {
        "at_large": _by_day(rng, base + extra + replaced, "at_large") + _runs(rng, sizes + planted),
        "handoffs": _by_day(rng, handoffs - lost, "handoffs"),
    }
    served = [office_of(fips, aor) for fips, _, aor in counties]
    offices = [found[0] if found else None for found in served]
    levels = _recorded(s, rng, days, counties, offices, start, set(changed))
    registry = _registry(s, rng, counties, start, list(asked), others)
    names = [name for _, name, _ in counties]
    return World(
        s, [fips for fips, *_ in counties], names, offices, levels, registry, asked, start, extra + planted,
        replaced, lost,
    )  # fmt: skip


def _recorded(
    s: Setting,
    rng: np.random.Generator,
    days: dict[str, np.ndarray],
    counties: list[tuple[str, str, str]],
    offices: list[str | None],
    start: np.ndarray,
    changed: set[int],
) -> dict[str, dict[str, Daily]]:
    """The counts as records would name them: by county, by office area, and by area of responsibility."""
    is_served = np.array([office is not None for office in offices])
    share = {"at_large": s.unnamed * is_served, "handoffs": OF_JAILS * s.unnamed * is_served}
    general = {m: rng.binomial(days[m].astype(int), share[m][:, None]).astype(float) for m in days}
    for i in np.flatnonzero(is_served & (rng.random(len(offices)) < s.relabelled)):
        week = start[i] if i in changed and rng.random() < 0.4 else rng.integers(10, s.weeks - 10)
        rest = (days["handoffs"] - general["handoffs"])[i, 7 * week :].astype(int)
        general["handoffs"][i, 7 * week :] += rng.binomial(rest, rng.uniform(0.3, 0.9))
    codes = sorted({office for office in offices if office})
    at = [codes.index(office) if office else -1 for office in offices]
    office = {m: np.zeros((len(codes), 7 * s.weeks)) for m in days}
    for m in days:
        np.add.at(office[m], np.array(at)[is_served], general[m][is_served])
    for k in np.flatnonzero(rng.random(len(codes)) < s.switched):
        day, way = 7 * int(rng.integers(15, s.weeks - 10)), rng.permutation(["at_large", "handoffs"])
        moved = rng.binomial(office[way[0]][k, day:].astype(int), rng.uniform(0.4, 0.9))
        office[way[0]][k, day:] -= moved
        office[way[1]][k, day:] += moved
    aors = sorted({aor for *_, aor in counties})
    found: dict[str, dict[str, Daily]] = {"county": {}, "office": {}, "aor": {}}
    for m, counts in days.items():
        whole = np.zeros((len(aors), 7 * s.weeks))
        np.add.at(whole, [aors.index(aor) for *_, aor in counties], counts)
        parts = {"county": (counts - general[m], [c[0] for c in counties]), "office": (office[m], codes)}
        for level, (values, keys) in {**parts, "aor": (whole, aors)}.items():
            if s.surges and m == "handoffs":
                values[:, (MERGED - s.first).days :] = np.nan
            found[level][m] = Daily(values.astype(np.float32), tuple(keys), s.first)
    return found


def _registry(
    s: Setting,
    rng: np.random.Generator,
    counties: list[tuple[str, str, str]],
    start: np.ndarray,
    asked: list[int],
    others: list[int],
) -> Registry:
    def policy(i: int, week: int, part: str = "") -> Policy:
        day, (fips, name, _) = s.first + dt.timedelta(days=7 * int(week)), counties[i]
        return Policy(
            id=f"drawn-{fips}{part}", level="county", place_name=name, state="", fips=fips,
            direction="limits", kind="detainers", title="", announced=day, effective=day, latest=day,
            precision="day", ended=None, confidence="", source_url="", note="",
        )  # fmt: skip

    rows = [policy(i, start[i]) for i in (*asked, *others)]
    for i in asked if s.again else ():
        rows += [policy(i, min(start[i] + k * rng.integers(4, 14), s.weeks - 3), f"-{k}") for k in (1, 2)]
    return Registry(tuple(rows))


def ask(world: World, i: int) -> dict[str, Any]:
    """One place: what the answer says beside what is true of its locality while the policy is followed."""
    policy = next(p for p in world.registry if p.fips == world.fips[i])
    where = where_of("county", world.fips[i], world.names[i])
    study = study_from(world.levels, where, None, policies=world.registry)  # type: ignore[arg-type]
    counts = study.main["at_large"]
    try:
        facts = settled(measure(study, policy, months_of(policy, counts.first, counts.last)))
    except AtlargeError as error:
        return {"refused": str(error)}
    verdicts = verdicts_of(facts)
    weeks = slice(world.start[i], (facts.months.policy_end - world.setting.first).days // 7)
    share = np.zeros(len(world.fips))
    office = world.offices[i]
    share[i] = 1.0 if office is None else 1 - world.setting.unnamed
    share[[k for k, other in enumerate(world.offices) if office and other == office]] += world.setting.unnamed
    replaced, extra = (float(v[:, weeks].sum(1) @ share) for v in (world.replaced, world.extra))
    total, parts = facts.main.totals["policy"], facts.parts
    assert facts.lasting is not None
    held = {"effect": (total.effect, extra + replaced)}
    if parts is not None:
        held["substitution"] = parts.substitution, replaced
        named = 1.0 if office is None else 1 - OF_JAILS * world.setting.unnamed
        held["loss"] = parts.loss, named * float(world.lost[i, weeks].sum())
    return {
        "kind": world.asked[i],
        "usual": float(facts.lasting.usual_month or 0.0),
        "is_own": office is None or not world.setting.unnamed,  # what was planted is of all that is counted
        "is_null": extra + replaced < 0.5,
        "replaced": replaced >= 0.1 * float(world.lost[i, weeks].sum()) > 1,
        "covers": {name: one.low - 1e-9 <= true <= one.high + 1e-9 for name, (one, true) in held.items()},  # type: ignore[operator]
        "singled": verdicts["singling_out"].verdict,
        "substitution": verdicts["substitution"].verdict,
        "burst": facts.bursts.verdict if facts.bursts else "cannot be told",
        "lasting": facts.lasting.verdict,
    }


def _share(hits: list[bool]) -> list[float | int | None]:
    """Per cent and of how many."""
    return [round(100 * sum(hits) / len(hits), 1) if hits else None, len(hits)]


def summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Coverage and wrong verdicts of a setting, in per cent, each with the number of answers it is of."""
    answered = [row for row in rows if "refused" not in row]
    null = [row for row in answered if row["is_null"]]
    kind = {name: [row for row in answered if row["kind"] == name] for name in set(KINDS)}
    own = {name: [row for row in kind[name] if row["is_own"]] for name in ("lasting", "burst")}
    found: dict[str, Any] = {"asked": len(rows), "refused": len(rows) - len(answered)}
    for name in ("effect", "substitution", "loss"):
        among = answered if name == "effect" else kind["loss"]
        found[f"cover_{name}"] = _share([row["covers"][name] for row in among if name in row["covers"]])
    found["cover_by_class"] = [
        _share([row["covers"]["effect"] for row in answered if low <= row["usual"] < high])
        for low, high in pairwise(CLASSES)
    ]
    for name in ("singled", "burst", "lasting"):
        found[f"wrong_{name}"] = _share([row[name] == "fits" for row in null])
    found["wrong_replaced"] = _share([row["substitution"] == "fits" for row in null])
    found["wrong_no_lasting"] = _share([row["lasting"] == "does not fit" for row in own["lasting"]])
    found["wrong_no_burst"] = _share([row["burst"] == "does not fit" for row in own["burst"]])
    found["wrong_not_replaced"] = _share(
        [row["substitution"] == "does not fit" for row in kind["loss"] if row["replaced"]]
    )
    found["right_no_lasting"] = _share([row["lasting"] == "does not fit" for row in null])
    return found


COLUMNS = {
    "effect covered": "cover_effect",
    "loss covered": "cover_loss",
    "substitution covered": "cover_substitution",
    "singled out, wrongly": "wrong_singled",
    "burst, wrongly": "wrong_burst",
    "lasting rise, wrongly": "wrong_lasting",
    "replaced, wrongly": "wrong_replaced",
    "no lasting rise, wrongly": "wrong_no_lasting",
    "no burst, wrongly": "wrong_no_burst",
    "not replaced, wrongly": "wrong_not_replaced",
    "no lasting rise, rightly": "right_no_lasting",
}


def table_of(found: dict[str, Any]) -> str:
    """The page's table: per cent, and of how many; the last row has all settings together."""

    def cell(parts: list[list[float]]) -> str:
        of = sum(n for _, n in parts)
        return f"{sum((share or 0.0) * n for share, n in parts) / of:.0f} ({of})" if of else "–"

    lines = ["| setting | worlds | " + " | ".join(COLUMNS) + " |", "| --- " * (len(COLUMNS) + 2) + "|"]
    for name, row in found.items():
        lines.append(
            f"| {name} | {row['worlds']} | " + " | ".join(cell([row[key]]) for key in COLUMNS.values()) + " |"
        )
    together = [cell([row[key] for row in found.values()]) for key in COLUMNS.values()]
    by_class = zip(*(row["cover_by_class"] for row in found.values()), strict=True)
    worlds = sum(row["worlds"] for row in found.values())
    lines.append(f"| all | {worlds} | " + " | ".join(together) + " |")
    return "\n".join([*lines, "", "By class: " + ", ".join(cell(list(parts)) for parts in by_class)])


def main() -> None:
    """Draw, ask, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--worlds", type=int, default=6, help="worlds a setting")
    parser.add_argument("--first", type=int, default=1, help="seed of the first")
    parser.add_argument("--only", help="only the settings whose name starts so")
    given = parser.parse_args()
    found = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    found = {name: found[name] for name in SETTINGS if name in found}
    for name, setting in SETTINGS.items():
        if given.only and not name.startswith(given.only):
            continue
        rows = []
        for seed in range(given.first, given.first + given.worlds):
            world = draw(setting, seed)
            rows += [ask(world, i) for i in world.asked]
        found[name] = {"worlds": given.worlds, **summary(rows)}
        print(name, json.dumps(found[name]), flush=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(table_of(found))


if __name__ == "__main__":
    main()
