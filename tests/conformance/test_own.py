"""Cases of our own in the corpus's form: derived from the description of n8n, not recorded."""

from pathlib import Path

import pytest
from cases import Case, cases_below, differences

CASES = list(cases_below(Path(__file__).parent / "own"))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_case(case: Case) -> None:
    assert [str(found) for found in await differences(case)] == []


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_it_says_that_it_is_our_own(case: Case) -> None:
    assert str(case.value["origin"]).startswith("our own")
