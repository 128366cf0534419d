"""Dates of policies as an iCalendar (RFC 5545), for calendars that subscribe to what is to come."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from atlarge.reference import sidecar
from atlarge.wording import printable

if TYPE_CHECKING:
    from atlarge.policies.policy import Policy


__all__ = ["calendar_text"]


def calendar_text(policies: Iterable[Policy], since: dt.date | None = None) -> str:
    """A calendar (iCalendar) of policies: start, deadline and end, a day each.

    Parameters
    ----------
    policies : iterable of Policy
        Those to list.
    since : date, optional
        Only dates from this day on.

    Returns
    -------
    str
        Text of an .ics file.

    Examples
    --------
    >>> from atlarge.policies import find_policy
    >>> calendar_text([find_policy("travis-tx-2017")]).splitlines()[0]
    'BEGIN:VCALENDAR'
    """
    events = [event for p in policies for event in _events(p) if since is None or event[0] >= since]
    stamp = dt.date.fromisoformat(str(sidecar("policies")["accessed"])).strftime("%Y%m%dT000000Z")
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//atlarge//policies//EN", "CALSCALE:GREGORIAN"]
    for day, what, policy, words in sorted(events, key=lambda e: (e[0], e[2].id, e[1])):
        lines += [
            "BEGIN:VEVENT",
            f"UID:{_ical_text(policy.id)}-{what}@atlarge",
            f"DTSTAMP:{stamp}",
            f"DTSTART;VALUE=DATE:{day.strftime('%Y%m%d')}",
            f"SUMMARY:{_ical_text(f'{policy.place_name}: {policy.title} ({words})')}",
            *([f"URL:{policy.source_url}"] if policy.source_url else []),
            "END:VEVENT",
        ]
    lines.append("END:VCALENDAR")
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _events(policy: Policy) -> list[tuple[dt.date, str, Policy, str]]:
    """Dates of a policy for a calendar: the day, its kind, the policy and the words for it."""
    about = "" if not policy.is_window else f", known to {policy.effective} to {policy.latest}"
    found = [(policy.effective, "start", policy, f"takes effect{about}")]
    if policy.deadline:
        found.append((policy.deadline, "deadline", policy, "deadline to comply"))
    if policy.ended:
        first, last = policy.spell.end_earliest, policy.spell.end_latest
        known = f", known to {first} to {last}" if first != last else ""
        found.append((policy.ended, "end", policy, f"no longer in force{known}"))
    return found


def _ical_text(words: str) -> str:
    """Text with the marks escaped that iCalendar gives a meaning; no control begins another line."""
    return printable(re.sub(r"([\\;,])", r"\\\1", words).replace("\r\n", "\n").replace("\n", "\\n"))


def _folded(line: str) -> str:
    """A line cut to pieces of at most 75 bytes, as iCalendar requires, never inside a character."""
    pieces, rest, room = [], line, 75
    while len(rest.encode()) > room:
        cut = room
        while len(rest[:cut].encode()) > room:
            cut -= 1
        pieces.append(rest[:cut])
        rest, room = rest[cut:], 74
    return "\r\n ".join([*pieces, rest])
