"""Does an answer contradict itself? One check over its numbers, its verdicts and its words.

Nothing here decides what an answer says; it reads a finished one as a critical reader would. An empty list
means that no number has two values, no word of direction disagrees with its number, no verdict with its rule.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from atlarge.explain.answer import ACCOUNTS, Answer
from atlarge.explain.narrative import MOST_WORDS
from atlarge.explain.numbers import NEAR
from atlarge.explain.verdicts import BAND, lasting_rule
from atlarge.messages import LANGUAGES, Message, Number, render

SLACK = 0.021  # two roundings to the hundredth
_NUMBER = r"([\d,]+(?:\.\d+)?)"
_EXPECTED = re.compile(
    rf"{_NUMBER}(?: arrests?| jail handoffs?) (?:at large )?(?:in [^:;]{{1,60}}?, )?where {_NUMBER} were "
    rf"expected: (?:about )?(?:{_NUMBER} )?(more|fewer|as many)"
)
_LEVELS = re.compile(rf"Their monthly level (rose|fell) from {_NUMBER} to {_NUMBER}")
_MINUS_ZERO = re.compile(r"[-\u2212]0(?:\.0+)?(?![\d.])")
_PLURAL = re.compile(
    r"(?<![\d,.])1 (?:arrests|handoffs|jail handoffs|months|days|places|arrestos|entregas|meses)\b"
)
_CONTRACTION = re.compile(r"\b(?:a|de) el (?![A-Z])")
_TWICE = re.compile(r"(?<![\w.,])(\d[\d.,]*) \1(?![\w,]|\.\d)")
_RAW = re.compile(r"(Error|Traceback|nan\b|None\b|\{|\})")
_PATTERNS = (("minus zero", _MINUS_ZERO), ("plural", _PLURAL), ("said twice", _TWICE), ("raw", _RAW))


def contradictions(answer: Answer) -> list[str]:
    """What in an answer disagrees with itself.

    Parameters
    ----------
    answer : Answer
        What `explain` gives.

    Returns
    -------
    list of str
        A line for each thing; empty if nothing disagrees.
    """
    document = answer.to_dict()
    return [
        *_arithmetic(document),
        *_twice(document),
        *_verdicts(document),
        *_keys(answer),
        *_words(answer, document),
        *_text(answer),
    ]


def _near(a: float | None, b: float | None, slack: float = SLACK) -> bool:
    if a is None or b is None:
        return a is b
    return abs(a - b) <= slack + 1e-4 * max(abs(a), abs(b))


def _arithmetic(doc: Mapping[str, Any]) -> Iterator[str]:
    """Effect is observed less expected, inside its interval, wherever the three stand together."""
    rows = [("answer", doc["observed"], doc["counterfactual"], doc["effect"])]
    for span in doc["spans"]:
        name = f"span {span['span']} {span['measure']} {span['area']['code']}"
        rows.append((name, span["observed"], span["counterfactual"]["value"], span["effect"]))
    for name in ("bursts", "lasting", "two_sided"):
        if doc.get(name):
            rows.append((name, doc[name]["observed"], doc[name]["expected"], doc[name]["effect"]))
    for name, observed, expected, effect in rows:
        if effect["value"] is None or expected is None:
            continue
        if not _near(observed - expected, effect["value"]):
            yield f"{name}: {observed} less {expected} is not {effect['value']}"
        low, high = effect["low"], effect["high"]
        if low is not None and high is not None and not low - SLACK <= effect["value"] <= high + SLACK:
            yield f"{name}: {effect['value']} lies outside {low} to {high}"
    parts = [part["value"] for part in doc["parts"].values()]
    if doc["baseline"] is None or any(v is None for v in parts):
        return
    if not _near(doc["baseline"] + sum(parts), doc["observed"], 0.5):
        yield f"parts and baseline add up to {doc['baseline'] + sum(parts)}, not {doc['observed']}"


def _twice(doc: Mapping[str, Any]) -> Iterator[str]:
    """One thing has one number, wherever it stands."""
    main = {"observed": doc["observed"], "expected": doc["counterfactual"], **doc["effect"]}
    same: list[tuple[str, Mapping[str, Any]]] = []
    for span in doc["spans"]:
        area = span["area"]
        if (span["span"], span["measure"], area["level"], area["code"]) == (
            "policy", doc["measure"], doc["area"]["level"], doc["area"]["code"],
        ):  # fmt: skip
            same.append(("span policy", _three(span, span["counterfactual"]["value"])))
    lasting = doc.get("lasting")
    if lasting and not lasting["bursts_removed"]:
        same.append(("lasting", _three(lasting, lasting["expected"])))
    scheme = doc["schemes"].get(doc["scheme"])
    if scheme:
        same.append(("scheme", {"value": scheme["effect"]["value"]}))
    for row in doc["sensitivity"]:
        if row["variant"] == "main":
            same.append(("sensitivity", {k: row[k] for k in ("value", "low", "high")}))
    for name, found in same:
        for key, value in found.items():
            if not _near(value, main[key], 0.06 if name == "scheme" else SLACK):
                yield f"{name}: {key} is {value}, and {main[key]} elsewhere"
    usual = {
        round(v, 2)
        for v in (
            doc.get("usual_month"),
            *((doc.get(n) or {}).get("usual_month") for n in ("bursts", "lasting")),
        )
        if v is not None
    }
    if len(usual) > 1 and max(usual) - min(usual) > SLACK:
        yield f"the usual month is {sorted(usual)}"
    first, second = doc.get("burst"), doc.get("bursts")
    if (
        first
        and second
        and second["start"]
        and (first["start"], first["end"]) != (second["start"], second["end"])
    ):
        yield f"the burst is on {first['start']} and on {second['start']}"
    yield from _lost(doc)
    for strip in doc["change_points"]:
        changes = strip["all"]
        levels = [s["level"] for s in strip["segments"]]
        if changes and levels and levels != [changes[0]["before"], *(c["after"] for c in changes)]:
            yield f"segments are drawn at {levels}, not as found"
        for one, two in pairwise(changes):
            if not _near(one["after"], two["before"]):
                yield f"level after {one['date']} is {one['after']}, before {two['date']} {two['before']}"


def _three(row: Mapping[str, Any], expected: float | None) -> dict[str, Any]:
    return {"observed": row["observed"], "expected": expected, **row["effect"]}


def _lost(doc: Mapping[str, Any]) -> Iterator[str]:
    """Handoffs that did not happen are the shortfall of the printed estimate, unless some only moved."""
    rate = doc["substitution_rate"]
    jails = [s for s in doc["spans"] if (s["span"], s["measure"]) == ("policy", "handoffs")]
    if not rate or not jails or rate.get("elsewhere") or rate["lost_handoffs"]["value"] is None:
        return
    if not any(_near(-rate["lost_handoffs"]["value"], s["effect"]["value"]) for s in jails):
        yield f"handoffs fell short by {rate['lost_handoffs']['value']}, and no span says so"


def _verdicts(doc: Mapping[str, Any]) -> Iterator[str]:
    """Each verdict follows from the numbers beside it."""
    singled = doc["verdicts"]["singling_out"]
    burst, lasting = singled.get("burst"), singled.get("lasting")
    if doc.get("bursts") and burst != doc["bursts"]["verdict"]:
        yield f"burst {burst} in the verdicts, {doc['bursts']['verdict']} in its numbers"
    if "fits" in (burst, lasting):
        wanted = "fits"
    else:
        wanted = "does not fit" if burst == lasting == "does not fit" else "cannot be told"
    if singled["verdict"] != wanted:
        yield f"singling out {singled['verdict']}, with burst {burst} and lasting {lasting}"
    for name in ("bursts", "lasting"):
        found = doc.get(name)
        if not found:
            continue
        effect = found["effect"]
        if found["verdict"] == "fits" and (effect["value"] <= 0 or (effect["low"] or 0.01) <= 0):
            yield f"{name} fits with an effect of {effect}"
        if found["verdict"] == "does not fit" and (effect["value"] or 0) >= found["material"] > 0:
            yield f"{name} does not fit with an effect of {effect['value']} of {found['material']}"
    if doc.get("lasting") and lasting != doc["lasting"]["verdict"]:
        yield f"lasting {lasting} in the verdicts, {doc['lasting']['verdict']} in its numbers"
    for name, judgement in doc["verdicts"].items():
        p, q = judgement.get("p"), judgement.get("q")
        if p is not None and q is not None and q < p - 1e-4:
            yield f"{name}: q {q} is below p {p}"
    yield from _replaced(doc)
    ratio, level = doc["concentration"]["share_ratio"], doc["verdicts"]["concentration"]["verdict"]
    if ratio["value"] is None:
        wanted = "cannot be told"
    elif ratio["low"] >= BAND[0] - 0.005 and ratio["high"] <= BAND[1] + 0.005:
        wanted = "fits"
    else:
        is_beyond = ratio["low"] > BAND[1] or ratio["high"] < BAND[0]
        wanted = "does not fit" if is_beyond else "cannot be told"
    if level != wanted and not any(_near(v, b, 0.006) for v in ratio.values() for b in BAND):
        yield f"concentration {level} with a share ratio of {ratio}"


def _replaced(doc: Mapping[str, Any]) -> Iterator[str]:
    """Replacement fits only with a change of handoffs and of arrests at large, in opposite ways."""
    if doc["verdicts"]["substitution"]["verdict"] != "fits":
        return
    sign = 1.0 if doc["policy"].get("direction") == "extends" else -1.0
    jails = [s for s in doc["spans"] if (s["span"], s["measure"]) == ("policy", "handoffs")]
    if not any(sign * (s["effect"]["value"] or 0) > 0 for s in jails):
        yield "replacement fits, and handoffs did not change that way"
    lasting = doc.get("lasting")
    if not lasting:
        return
    high, p_low = lasting["effect"]["high"], lasting["p_low"]
    is_less = p_low is not None and p_low <= lasting["alpha"] + 1e-4 and high is not None and high <= 0.005
    is_more = lasting["verdict"] == "fits" or lasting["withheld"] in ("replaced", "placing", "left")
    if not (is_less if sign > 0 else is_more):
        yield "replacement fits, and arrests at large did not clearly change the other way"


def _parts(message: Message) -> Iterator[Message]:
    """A message and all messages in it."""
    yield message
    for value in message.params.values():
        if isinstance(value, Message):
            yield from _parts(value)


def _gap(message: Message) -> float | None:
    """Observed less expected, where a sentence gives both."""
    observed, expected = message.params.get("o"), message.params.get("e")
    if not isinstance(observed, Number) or not isinstance(expected, Number):
        return None
    return (observed.value or 0.0) - (expected.value or 0.0)


def _keys(answer: Answer) -> Iterator[str]:
    """Which pattern was chosen agrees with its numbers and with the verdict, in all languages at once."""
    behind = [m for judgement in answer.verdicts.values() for m in judgement.details]
    for message in (answer.headline, *answer.messages, *behind, *(w.message for w in answer.warnings)):
        for part in _parts(message):
            yield from _direction(part, _effect_of(answer, part.key))
            yield from _chosen(answer, part)
    for judgement, message in zip(answer.verdicts.values(), answer.messages, strict=True):
        said = [p for p in _parts(message) if p.key == "verdict.says"]
        verdicts = [p.params["verdict"].key for p in said]
        if verdicts != [f"verdict.{judgement.verdict}"]:
            yield f"{judgement.account}: {verdicts} said, {judgement.verdict} found"
        if [p.params["rule"].key for p in said] != [judgement.rule.key]:
            yield f"{judgement.account}: another rule is said than {judgement.rule.key}"


def _effect_of(answer: Answer, key: str) -> float | None:
    """The difference that a sentence without observed and expected numbers is about."""
    if key == "left_before.says" and answer.left_before is not None:
        return answer.left_before.estimate_from.value
    if key in ("two_sided.says", "two_sided.long") and answer.two_sided is not None:
        return answer.two_sided.effect.value
    if key.startswith("lasting.") and answer.lasting is not None:
        return answer.lasting.effect.value
    if key == "handoffs.same":
        return answer.handoffs.effect.value if answer.handoffs else None
    near = [switch for switch in answer.method_switches if switch.near_policy]
    return near[0].robust.value if key == "caveat.method_switch" and near else None


def _direction(part: Message, effect: float | None) -> Iterator[str]:
    """Words of direction go by the numbers beside them."""
    way = part.key.partition(".")[2].partition("_")[0]
    if part.key == "diff.within":
        said, between = part.params["difference"].key, part.params["between"].key
        way = said.partition(".")[2].partition("_")[0]
        edge = between.partition(".")[2]
        low, high = (part.params["between"].params[k].value for k in ("low", "high"))
        if edge != "mixed" and way in ("more", "fewer") and edge != way:
            yield f"{said} with {between}"
        if edge != "mixed" and low > high + SLACK:
            yield f"{between}: from {low} to {high}"
    gap, inside = _gap(part), part.params.get("difference")
    gap = effect if gap is None else gap
    if gap is not None and isinstance(inside, Message):
        said = next(p.key for p in _parts(inside) if p.key in _WAYS)
        wanted = "none" if abs(gap) < NEAR - SLACK else "more" if gap > 0 else "fewer"
        if _WAYS[said] != wanted and abs(abs(gap) - NEAR) > SLACK:
            yield f"{said} of {gap:+.2f}"
        edges = [p.key.partition(".")[2] for p in _parts(inside) if p.key.startswith("between.")]
        if abs(gap) > SLACK and ("fewer" if gap > 0 else "more") in edges:
            yield f"a range of {edges[0]} around {gap:+.2f}"
    if part.key.removesuffix("_in") in ("change.fell", "change.rose"):
        before, after = (part.params[k].value for k in ("before", "after"))
        if (after > before) != (way == "rose"):
            yield f"{part.key} from {before} to {after}"


_WAYS = {
    "diff.more": "more", "diff.more_brief": "more", "diff.fewer": "fewer", "diff.fewer_brief": "fewer",
    "diff.none": "none",
}  # fmt: skip


def _chosen(answer: Answer, part: Message) -> Iterator[str]:
    """What is said of a burst and of a lasting excess is what was found of them."""
    family, _, rest = part.key.partition(".")
    lasting, bursts = answer.lasting, answer.bursts
    rule = lasting_rule(lasting) if lasting is not None else None
    plain = "cannot be told" if rule == "left" else rule
    explained = "explained" if rule in ("replaced", "placing") else plain
    if part.key.startswith("rule.lasting.") and rule and part.key != f"rule.lasting.{rule}":
        yield f"{part.key}, where {rule} was found"
    if (
        part.key.startswith("rule.burst.")
        and part.key != f"rule.burst.{bursts.verdict if bursts else 'none'}"
    ):
        yield f"{part.key}, where {bursts.verdict if bursts else 'none'} was found"
    if family == "then" and explained and rest != explained:
        yield f"{part.key}, where {rule} was found"
    if family == "tail" and explained and rest in _TAILS and rest != explained:
        yield f"{part.key}, where {rule} was found"
    if family == "tail" and rest == "close" and plain != "cannot be told":
        yield f"{part.key}, where {rule} was found"
    if family == "burst" and bursts is not None and rest in _TAILS and rest != bursts.verdict:
        yield f"{part.key}, where {bursts.verdict} was found"


_TAILS = (
    "fits", "does not fit", "cannot be told", "shortfall", "explained", "more", "little_more", "fewer",
)  # fmt: skip


def _all_numbers(value: Any) -> Iterator[float]:
    if isinstance(value, Mapping):
        for part in value.values():
            yield from _all_numbers(part)
    elif isinstance(value, list):
        for part in value:
            yield from _all_numbers(part)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def _words(answer: Answer, doc: Mapping[str, Any]) -> Iterator[str]:
    """Every number of a sentence is one of the document's; words of direction agree with the numbers."""
    known = sorted({round(abs(v), 2) for v in _all_numbers({k: v for k, v in doc.items() if k != "series"})})
    for message in (answer.headline, *answer.messages):
        for number in message.numbers():
            if number.value is not None and not _is_known(number, known):
                yield f"{message.key}: {number.value} is nowhere among the answer's numbers"
    for text in (str(answer.headline), *answer.sentences):
        for observed, expected, size, word in _EXPECTED.findall(text):
            gap = _plain(observed) - _plain(expected)
            way = "more" if gap > 0 else "fewer" if gap < 0 else word
            if abs(gap) > 1 and way != word:
                yield f"'{observed} where {expected} were expected: {size} {word}'"
            if size and abs(abs(gap) - _plain(size)) > 1.1 + 0.001 * _plain(expected):
                yield f"'{observed} where {expected} were expected' is not '{size} {word}'"
        for word, before, after in _LEVELS.findall(text):
            if (_plain(after) > _plain(before)) != (word == "rose"):
                yield f"'{word} from {before} to {after}'"
    jails = str(answer.verdicts["substitution"].reason)
    if (
        answer.handoffs
        and "Their monthly level" in jails
        and re.search("Their monthly level (?!shows)", jails)
    ):
        counted, changed = answer.handoffs.area.code, doc["change_point"]["place"]
        if counted != changed:
            yield f"handoffs of {counted} beside a change of level of {changed}, as if they were of one place"
    gaps = [word for *_, word in _EXPECTED.findall(jails)]
    if ("Their monthly level rose" in jails and "fewer" in gaps) or (
        "Their monthly level fell" in jails and "more" in gaps
    ):
        yield "handoffs rose and were fewer, or fell and were more"
    said = " ".join([str(answer.headline), *answer.sentences, *(w.text for w in answer.warnings)])
    if doc["policy"].get("direction") == "extends" and re.search(r"\blost\b|\blimits?\b|\blimited\b", said):
        yield "a policy that extends cooperation is put in the words of one that limits it"


def _is_known(number: Number, known: list[float]) -> bool:
    value = abs(number.value or 0.0)
    return any(abs(value - v) <= 0.006 + 1e-4 * value for v in known)


def _plain(text: str) -> float:
    return float(text.replace(",", ""))


def _text(answer: Answer) -> Iterator[str]:
    """How it reads, in two languages: length, no p in the headline, plurals, no minus zero, no raw error."""
    for text in (str(answer.headline), render(answer.headline, "es")):
        if len(text.split()) > MOST_WORDS + (10 if text != str(answer.headline) else 0):
            yield f"a headline of {len(text.split())} words: {text}"
        if re.search(r"\bp\b|placebo", text):
            yield f"a p-value in the headline: {text}"
    if set(answer.verdicts) != set(ACCOUNTS) or len(answer.messages) != len(ACCOUNTS):
        yield "not one paragraph for each account"
    messages: list[Message] = [answer.headline, *answer.messages, *(w.message for w in answer.warnings)]
    messages += [judgement.rule for judgement in answer.verdicts.values()]
    for message in messages:
        for language in LANGUAGES:
            text = render(message, language)
            for name, pattern in _PATTERNS:
                if pattern.search(text):
                    yield f"{name}: {text}"
            if language == "es" and _CONTRACTION.search(text):
                yield f"a contraction: {text}"
