"""Statistical disclosure control for tables of counts: primary and complementary cell suppression.

Nothing here knows of enforcement: cells, the linear constraints among them, and the counts to suppress.
"""

from __future__ import annotations
