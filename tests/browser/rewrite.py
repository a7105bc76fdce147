#!/usr/bin/env python3
"""Writes cells of a workbook of ours anew, as a clerk does: in the row that holds KEY, under HEADING, TEXT.

    rewrite.py FILE OUT [KEY HEADING TEXT]..."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "http"))
import workbook  # noqa: E402

with open(sys.argv[1], "rb") as f:
    content = f.read()
grid = workbook.cells(content)
head = next(at for at, row in enumerate(grid) if sys.argv[4] in row)
edits = {}
for key, heading, text in zip(*[iter(sys.argv[3:])] * 3):
    row = next(at for at, cells in enumerate(grid) if at > head and any(key in cell for cell in cells))
    edits[(row, grid[head].index(heading))] = text
with open(sys.argv[2], "wb") as f:
    f.write(workbook.changed(content, edits))
