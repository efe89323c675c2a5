"""The comparison that other checks stand on: what it has to notice, and what is no loss."""

from __future__ import annotations

from typing import Any

from checks.breadth import FACTORS, rows
from kept import lost
from report import check

KEPT: list[tuple[Any, Any]] = [
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"cpu": "1000m"}, {"cpu": "1"}),
    ({"memory": "1024Mi"}, {"memory": "1Gi"}),
    ({"a": {}}, {}),
    ({"a": ""}, {}),
    ({"a": []}, {}),
]
LOST: list[tuple[Any, Any]] = [
    ({"a": 1}, {}),
    ({"a": 1}, {"a": 2}),
    ({"a": "1"}, {"a": "1x"}),
    ({"a": "yes"}, {"a": True}),
    ({"a": ["x"]}, {"a": ["x", "y"]}),
    ({"a": ["x", "y"]}, {"a": ["y", "x"]}),
    ({"a": {"b": "c"}}, {"a": {}}),
    ({"cpu": "1"}, {"cpu": "1m"}),
]


def all_of() -> None:
    """One line in, one line out."""
    wrong = [f"{said} is in {stored}: {lost(said, stored)}" for said, stored in KEPT if lost(said, stored)]
    wrong += [f"{said} is not in {stored}" for said, stored in LOST if not lost(said, stored)]
    check("itself: a lost field is noticed, and only that", not wrong, "\n".join(wrong))
    seen = {(a, b) for row in rows() for a in row.items() for b in row.items() if a[0] != b[0]}
    missing = [(a, x, b, y) for a in FACTORS for b in FACTORS if a != b for x in FACTORS[a] for y in FACTORS[b] if ((a, x), (b, y)) not in seen]
    check("itself: every pair of choices is in a row of the breadth", not missing, missing)
