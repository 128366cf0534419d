"""Finishing a draft in the terminal: a question for each open point, each claim confirmed by a person."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml

from atlarge.claims.drafting import open_points
from atlarge.claims.drafting.writing import plain_text, yaml_value
from atlarge.claims.figures import figure_measures
from atlarge.claims.schema import LedgerError, parse_ledger
from atlarge.panel import measures

HELP = "Enter leaves a point open; ? lists what can be given; q saves and stops."
_HEARD = ("court", "sworn", "statement", "interview", "document", "report", "second hand", "third hand")

Ask = Callable[[str], str]
Say = Callable[[str], None]


class Stopped(Exception):
    """The person has stopped; what was answered is kept."""


def finish(
    ledger: dict[str, Any], ask: Ask, say: Say, save: Callable[[dict[str, Any]], None]
) -> dict[str, int]:
    """Go through the drafts of a ledger. `save` is called after every claim.

    Returns how many claims were confirmed, dropped and left as drafts. `ask` raises EOFError at the end of
    its input, which stops as `q` does.
    """
    done = {"confirmed": 0, "dropped": 0, "left": 0}
    waiting = [claim for claim in ledger["claims"] if claim.get("status") == "draft"]
    say(f"{len(waiting)} drafts. {HELP}")
    try:
        for number, claim in enumerate(waiting, start=1):
            answer = _one(ledger, claim, number, len(waiting), ask, say)
            if answer == "drop" and len(ledger["claims"]) > 1:
                ledger["claims"].remove(claim)
                done["dropped"] += 1
            elif answer == "yes":
                claim["status"] = "confirmed"
                claim.pop("inferred", None)
                done["confirmed"] += 1
            save(ledger)
    except (Stopped, EOFError):
        save(ledger)
    done["left"] = sum(claim.get("status") == "draft" for claim in ledger["claims"])
    return done


def _one(ledger: dict[str, Any], claim: dict[str, Any], number: int, total: int, ask: Ask, say: Say) -> str:
    """Show one claim, ask what is open, then whether it is right."""
    speaker = claim.get("speaker", {})
    role = f", {speaker['role']}" if speaker.get("role") else ""
    say(f"\n[{number}/{total}] {claim['kind']}: {claim['text']}")
    if claim.get("about"):
        say(f"    of: {claim['about']}")
    say(f"    said by {speaker.get('name', 'unknown')}{role}; heard as: {speaker.get('heard', 'unknown')}")
    for name in ("measure", "where", "when", "of", "against", "expected", "explanation", "policy"):
        if name in claim:
            mark = "  (inferred)" if name in claim.get("inferred", []) else ""
            say(f"    {name}: {yaml_value(claim[name])}{mark}")
    for name, question in open_points(claim):
        if name == "implies":
            continue  # a list of tests is written in an editor
        _answer(ledger, claim, name, question, ask, say)
    while True:
        answer = _answer_to(
            ask, "Right? y confirms, n leaves it a draft, d drops it, or FIELD=VALUE changes a field: "
        )
        if answer in ("y", "yes"):
            return "yes"
        if answer in ("d", "drop"):
            return "drop"
        if answer in ("", "n", "no"):
            return "no"
        name, equals, value = answer.partition("=")
        if equals and name.strip():
            _set(ledger, claim, name.strip(), value.strip(), say)
        else:
            say("    y, n, d, q or FIELD=VALUE, such as when=2017-02-06..2017-02-10")


def _answer_to(ask: Ask, question: str) -> str:
    answer = ask(question).strip()
    if answer in ("q", "quit"):
        raise Stopped
    return answer


def _answer(
    ledger: dict[str, Any], claim: dict[str, Any], name: str, question: str, ask: Ask, say: Say
) -> None:
    """Ask one open point until the answer is valid or left open."""
    while True:
        answer = _answer_to(ask, f"    {question} ")
        if not answer:
            return
        if answer == "?":
            say(f"    {_choices(name)}")
        elif _set(ledger, claim, name, answer, say):
            return


def _choices(name: str) -> str:
    """What a field takes."""
    if name == "heard":
        return ", ".join(_HEARD)
    if name == "measure":
        return ", ".join(sorted({*measures(), *figure_measures()}))
    examples = {
        "where": "Travis County, TX; AUS; TX; United States; {top: 20, kind: metro}",
        "when": "2017-02-06..2017-02-10; 2017-02; 2017; FY2017; 2017-Q1",
        "of": "{where: United States}; {measure: detainers_received}; {value: 51}",
        "against": "{when: 2016-02}; {where: TX}; {value: 377}",
        "expected": "142; {value: 60, unit: percent, word: nearly}; {word: rose}",
        "speaker": "a name, or anonymous",
    }
    return examples.get(name, "any value that docs/claims-ledger.md gives for the field")


def _set(ledger: dict[str, Any], claim: dict[str, Any], name: str, answer: str, say: Say) -> bool:
    """Set a field if the ledger stays valid with it; say what is wrong with it otherwise."""
    try:
        value = (
            yaml.load(answer, Loader=yaml.BaseLoader)
            if not answer.startswith(("{", "["))
            else yaml.safe_load(answer)
        )
    except yaml.YAMLError:
        say("    not readable; write a plain value, {name: value} or [a, b]")
        return False
    before = json.loads(json.dumps(claim))
    if name in ("heard", "name", "role", "via"):
        claim.setdefault("speaker", {})[name] = value
    elif name == "speaker":
        is_named = str(value).lower() != "anonymous"
        claim["speaker"] = {**claim.get("speaker", {}), "name": value, "named": is_named}
    else:
        claim[name] = _number(value)
    if name in claim.get("inferred", []):
        claim["inferred"] = [field for field in claim["inferred"] if field != name]
        if not claim["inferred"]:
            del claim["inferred"]
    try:
        parse_ledger(plain_text({**ledger, "claims": [claim]}), "answer")
    except LedgerError as error:
        claim.clear()
        claim.update(before)
        say(f"    {error.problems[0][1]}")
        return False
    return True


def _number(value: Any) -> Any:
    """A plain number as a number, a code with a leading zero as text."""
    if isinstance(value, str) and value.isdigit() and not (len(value) > 1 and value.startswith("0")):
        return int(value)
    return value
