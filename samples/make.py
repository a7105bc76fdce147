#!/usr/bin/env python3
"""Makes the sample documents and their gold from the marked sources (documents/source/*.mark).

usage: make.py [--pdf] [--check]
  --pdf     print the pdf anew, too (needs chromium and Noto Serif CJK); without it a pdf that exists is left alone
  --check   write nothing; fail if a file differs from what would be written
"""
import json
import pathlib
import sys

import forms
import marked

HERE = pathlib.Path(__file__).resolve().parent / "documents"


def outputs(source, with_pdf):
    """Pairs of path and bytes."""
    doc = marked.read(source.read_text(encoding="utf-8").rstrip("\n"))
    form = doc.facts["form"]
    path = HERE / f"{source.stem}.{form}"
    if form != "pdf" or with_pdf or not path.exists():
        data = forms.PRINTERS[form](doc, source.stem)
        if data is None:
            print(f"{path.name}: no chromium here, left out", file=sys.stderr)
        else:
            yield path, data
    gold = json.dumps(doc.gold(), ensure_ascii=False, indent=1) + "\n"
    yield HERE / "gold" / f"{source.stem}.json", gold.encode("utf-8")


def main():
    check, with_pdf = "--check" in sys.argv[1:], "--pdf" in sys.argv[1:]
    stale = []
    for source in sorted((HERE / "source").glob("*.mark")):
        for path, data in outputs(source, with_pdf and not check):
            if path.exists() and path.read_bytes() == data:
                continue
            stale.append(path.name)
            if not check:
                path.write_bytes(data)
    for name in stale:
        print(("differs: " if check else "written: ") + name)
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
