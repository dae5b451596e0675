"""Which tests pass in one run of pytest and not in another: compare.py BEFORE.xml AFTER.xml."""

import sys
from xml.etree import ElementTree


def outcomes(path):
    """Name of a test -> passed, or why not."""
    found = {}
    for case in ElementTree.parse(path).iter("testcase"):
        problem = next((part for part in case if part.tag in ("failure", "error", "skipped")), None)
        found[case.get("name")] = "passed" if problem is None else problem.get("message", "")
    return found


def differences(before, after):
    """Name -> what became of a test that passed before."""
    return {
        name: after.get(name, "not run")
        for name, outcome in before.items()
        if outcome == "passed" and after.get(name) != "passed"
    }


def main():
    before, after = map(outcomes, sys.argv[1:])
    passed = sum(outcome == "passed" for outcome in before.values())
    print(f"{passed} of {len(before)} tests pass with the first executor")
    found = differences(before, after)
    for name, outcome in found.items():
        print(f"{name}: {outcome}")
    print(f"{passed - len(found)} of these pass with the second one")
    return 1 if found or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
