#!/usr/bin/env python3
"""Prints sql/migrate/0011-statistics.sql from a large store: what SQLite's planner is told of each index of the tables that grow with the tasks.

    bench/bench-lists.py build 1000000 --leave ...; tools/statistics.py COPY/data/bihuan.db > sql/migrate/0011-statistics.sql

The store is analysed, which writes to it: give a copy. Why these are fixed: docs/internals/db.md."""
import sqlite3
import sys

HEAD = """-- What SQLite's planner is told of the tables that grow: rows, and rows behind each further column of an index, measured in a store of a million tasks by tools/statistics.py.
-- They are never measured again, so that a statement has one plan in every store; docs/internals/db.md. PostgreSQL measures by itself.
-- sqlite:
ANALYZE;
DELETE FROM sqlite_stat1;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
"""
TAIL = """;
ANALYZE sqlite_schema;
"""
FEW = 20  # rows; of fewer nothing can be told, and SQLite's own guess stands
LEAST = 2000  # rows that a table has elsewhere: a sample city has fewer organisations and people than a large one


def scaled(stat, rows):
    """As if the table, which has so many rows, had LEAST at least."""
    words = stat.split()
    numbers = [int(word) for word in words if word.isdigit()]
    return " ".join([*(str(n if n == 1 else round(n * max(1, LEAST / rows))) for n in numbers), *words[len(numbers):]])


def quoted(value):
    return "NULL" if value is None else f"'{value}'"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    store = sqlite3.connect(sys.argv[1])
    store.execute("ANALYZE")
    measured = store.execute("SELECT tbl, idx, stat FROM sqlite_stat1 WHERE tbl NOT GLOB 'search_*_*' ORDER BY tbl, idx").fetchall()
    most = {}
    for table, _, stat in measured:
        most[table] = max(most.get(table, 0), int(stat.split()[0]))
    rows = [f"({quoted(table)}, {quoted(index)}, '{scaled(stat, most[table])}')" for table, index, stat in measured if most[table] >= FEW]
    print(HEAD + ",\n".join(rows), end=TAIL)


if __name__ == "__main__":
    main()
