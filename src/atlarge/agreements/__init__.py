"""287(g) agreements: ICE's lists of participating agencies turned into spells with a start and an end.

A list shows which agreements were in force on its day. Lists of many days show when each began and ended,
within the days between two lists. The rules are stated once, beside the table `agreements_287g`, and counted
for every spell they touch.
"""

from __future__ import annotations

from atlarge.agreements.lists import AgencyList, read_list, read_lists
from atlarge.agreements.spell import AgreementSpell, SpellTable
from atlarge.agreements.spells import agreements_of

__all__ = ["AgencyList", "AgreementSpell", "SpellTable", "agreements_of", "read_list", "read_lists"]
