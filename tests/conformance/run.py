"""Run the cases below some folders: ``python tests/conformance/run.py DIR… [--quirks]``.

One line for each failing case, with the first difference; then how many passed and failed. The
exit status is 0 only if none failed.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from cases import Case, cases_below, differences, named


async def verdict(case: Case, chunk: int) -> str | None:
    """Return why a case fails, in one line; ``None`` if it passes."""
    try:
        found = await differences(case, chunk=chunk)
    except Exception as error:
        return f"{type(error).__name__}: {' '.join(str(error).split())[:400]}"
    return " ".join(str(found[0]).split()) if found else None


async def main(folders: list[Path], quirks: bool, chunk: int) -> int:
    """Run the cases and print what fails; return the exit status."""
    failed = 0
    cases = named([case for folder in folders for case in cases_below(folder)], quirks)
    for case in cases:
        reason = await verdict(case, chunk)
        if reason is not None:
            failed += 1
            print(f"{case.name}: {reason}", flush=True)
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Run recorded cases of n8n.")
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR")
    parser.add_argument("--quirks", action="store_true", help="run the optional cases, too")
    parser.add_argument("--chunk", type=int, default=1000, help="items in one call of expressions")
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.folders, given.quirks, given.chunk)))
