"""What of an object was lost on the way: everything that we said has to be there, whatever the server adds to it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

# Decimal and binary suffixes of quantities. Source: apimachinery, pkg/api/resource/quantity.go.
DECIMAL = {"m": Decimal("0.001"), "": Decimal(1), "k": Decimal(10**3), "M": Decimal(10**6), "G": Decimal(10**9), "T": Decimal(10**12)}
SUFFIXES = DECIMAL | {"Ki": Decimal(2**10), "Mi": Decimal(2**20), "Gi": Decimal(2**30), "Ti": Decimal(2**40)}
QUANTITY = re.compile(r"^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti|)$")
# Written, and never given back.
WRITE_ONLY = {"stringData"}


def lost(said: Any, stored: Any, at: str = "") -> list[str]:
    """Where `stored` does not have what was `said`."""
    if isinstance(said, dict):
        if not isinstance(stored, dict):
            # The server leaves out what is empty, where that means the same.
            return [] if said == {} and stored is None else [f"{at}: {stored!r} instead of a map"]
        return [x for k, v in said.items() if k not in WRITE_ONLY for x in lost(v, stored.get(k), f"{at}.{k}")]
    if isinstance(said, list):
        if said == [] and stored is None:
            return []
        if not isinstance(stored, list) or len(said) != len(stored):
            return [f"{at}: {stored!r} instead of {said!r}"]
        return [x for i, (a, b) in enumerate(zip(said, stored, strict=True)) for x in lost(a, b, f"{at}[{i}]")]
    return [] if same(said, stored) else [f"{at}: {stored!r} instead of {said!r}"]


def same(said: Any, stored: Any) -> bool:
    """Equal, also as quantities: the server writes them its own way."""
    if type(said) is type(stored) and said == stored:
        return True
    # Empty text, no, and nought are left out by the server's types.
    if stored is None:
        return said in ("", False, 0, None)
    a, b = quantity(said), quantity(stored)
    return a is not None and a == b


def quantity(value: Any) -> Decimal | None:
    """A number with a suffix."""
    found = QUANTITY.match(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else None
    return Decimal(found[1]) * SUFFIXES[found[2]] if found else None
