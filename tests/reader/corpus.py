#!/usr/bin/env python3
"""Scores the reader on the corpus that BIHUAN_CORPUS names (score.py, gold/, docs/), which is no part of this project.

usage: corpus.py BIHUAN

Prints TAP: one line a figure, against the least that is asked for; one skipped line where BIHUAN_CORPUS is not set.
"""
import os
import pathlib
import re
import subprocess
import sys

LEAST = {"items": 0.99, "owners": 0.99, "measures": 0.97, "targets": 0.92, "op": 0.97, "metric": 0.85, "due": 0.95, "tense": 0.97}


def figures(text):
    """The last line names the F1 of each field, the line of matched targets the shares."""
    found = {name: float(value) for name, value in re.findall(r"(\w+)=([\d.]+)", text.strip().splitlines()[-1])}
    matched = next(line for line in text.splitlines() if line.startswith("of ") and "matched targets" in line)
    found.update((name, float(value)) for name, value in re.findall(r"(op|metric|due|tense|soft) ([\d.]+)", matched))
    return found


def main():
    corpus = os.environ.get("BIHUAN_CORPUS")
    if not corpus:
        print("1..1\nok 1 - corpus # SKIP BIHUAN_CORPUS is not set")
        return 0
    corpus = pathlib.Path(corpus)
    out = subprocess.run([sys.executable, str(corpus / "score.py"), str(corpus / "gold"), "--run", f"{sys.argv[1]} read"],
                         capture_output=True, text=True, timeout=300)
    found = figures(out.stdout)
    print(f"1..{len(LEAST) + 1}")
    failed = found.get("failed", 1) != 0
    print(f"{'not ok' if failed else 'ok'} 1 - every document is read")
    for n, (name, least) in enumerate(LEAST.items(), 2):
        good = found[name] >= least
        failed += not good
        print(f"{'ok' if good else 'not ok'} {n} - {name} {found[name]:.3f} (at least {least})")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
