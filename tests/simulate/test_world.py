"""Parameters of simulated worlds: named, checked, changeable."""

from __future__ import annotations

from dataclasses import fields

import pytest

from atlarge.errors import QuestionError
from atlarge.simulate import World
from atlarge.simulate.world import read_settings


def test_every_parameter_is_documented() -> None:
    text = World.__doc__ or ""
    assert [field.name for field in fields(World) if field.name not in text] == []


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"detainer_share": 1.5}, "detainer_share is 1.5: a share lies between 0 and 1"),
        ({"place_memory": 1.2}, "place_memory"),
        ({"overdispersion": -1.0}, "cannot be negative"),
        ({"weeks": 3}, "at least 2 places and 20 weeks"),
        ({"policies": 999}, "999 policies for 150 places"),
        ({"retaliation": 2}, "no parameter named 'retaliation'"),
    ],
)
def test_senseless_parameters_are_refused(change: dict[str, object], match: str) -> None:
    with pytest.raises(QuestionError, match=match):
        World().but(**change)


def test_settings_from_words() -> None:
    got = read_settings(["retaliation_share=0.3", "weeks=60", "relabel_at_policy=true"])
    assert got == {"retaliation_share": 0.3, "weeks": 60, "relabel_at_policy": True}
    for word, match in [("weeks=many", "'many' is not a value for weeks"), ("speed=3", "no parameter named")]:
        with pytest.raises(QuestionError, match=match):
            read_settings([word])
