"""Ask the same question of several places and print what fits where.

Run: python examples/compare_policies.py
"""

from __future__ import annotations

from atlarge import explain
from atlarge.errors import AtlargeError

QUESTIONS = {
    "travis-tx-2017": "Travis County, TX",
    "mecklenburg-nc-2018": "Mecklenburg County, NC",
    "suffolk-ny-2018": "Suffolk County, NY",
    "philadelphia-pa-2016": "Philadelphia County, PA",
}


def main() -> None:
    """One line an account, or why there is no answer."""
    for policy, place in QUESTIONS.items():
        print(f"{place} ({policy})")
        try:
            answer = explain(place, policy=policy)
        except AtlargeError as error:
            print(f"  no answer: {error}")
            continue
        if answer.change_point.date:
            print(f"  jail handoffs changed around {answer.change_point.date}")
        for judged in answer.verdicts.values():
            print(f"  {judged.title}: {judged.verdict} ({judged.rule})")


if __name__ == "__main__":
    main()
