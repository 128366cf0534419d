"""Every registered policy, and every question that its day makes at the levels the records know."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from atlarge.errors import AtlargeError
from atlarge.explain.areas import where_of
from atlarge.explain.question import requested_place
from atlarge.policies import Policy, policies

LAST = dt.date(2019, 8, 25)
Question = tuple[str, dict[str, Any]]


def in_reach() -> list[Policy]:
    """The registered policies that began while the embedded records run, by id."""
    first = dt.date(2015, 10, 1)
    return [p for p in policies() if first <= p.effective <= LAST]


def questions_of(policy: Policy) -> list[Question]:
    """What can be asked of a policy: its own place first, then its office, and its day at every level."""
    own = str(policy.fips or policy.state)
    questions: list[Question] = [(own, {"policy": policy.id})]
    try:
        found = requested_place(own)
        where = where_of(found.kind, found.code, found.name)
    except AtlargeError:
        return questions
    day: dict[str, Any] = {"date": policy.effective}
    if where.county is not None and where.office is not None:
        questions.append((where.office.code, {"policy": policy.id}))
        questions.append((where.office.code, day))
    questions.append((own, day))
    if where.aor is not None:
        questions.append((where.aor.code, day))
    if where.state and found.kind != "state":
        questions.append((where.state, day))
    return questions


def all_questions() -> Iterator[Question]:
    """Every question once."""
    seen = set()
    for policy in in_reach():
        for place, query in questions_of(policy):
            key = (place, *query.items())
            if key not in seen:
                seen.add(key)
                yield place, query
