"""A few cases of every target of tests/fuzz; `make fuzz` runs many."""

from __future__ import annotations

import pytest

from tests.fuzz.__main__ import fault
from tests.fuzz.targets import TARGETS

CASES = {"config": 12, "weights": 8, "flags": 15}


@pytest.mark.parametrize("name", list(TARGETS))
def test_nonsense_ends_in_an_error_that_says_so(name: str):
    faults = [text for seed in range(CASES.get(name, 25)) if (text := fault(name, seed))]
    assert not faults, faults[0]
