#!/usr/bin/env python3
"""Fails where a statement walks a large table without saying so.

Each statement of sql/query is planned by SQLite on an empty store with the statistics of sql/migrate, which are the same in every store: what is seen here is what a city of a
million tasks gets. A table is large if it grows with the tasks. A walk reads all of it, or of an index, or of a scope; one that is meant stands in the statement:

    -- walks: task: the day's job asks each of them once

Lists (with [filters]) are left to tests/unit/test-task-list.c: what they walk is decided by what they are asked.

    tools/check-walks.py [SOURCE_ROOT]     tools/check-walks.py --self-test
"""
import os
import re
import sqlite3
import sys

import checker
import sqlgen

LARGE = set("""event document_edit task task_owner task_target task_measure evidence task_comment task_verdict task_reader task_amendment task_progress look_back_task duty
message reminder reminder_to register_row evidence_check task_ask task_step task_scope search_text task_kept
intake batch batch_part segment reject defect expected quality_item quality_score quality_seen quality_volume""".split())
SCOPED = {"task_scope": 1}  # so many columns of its indexes leave a million rows


class IdSet:
    """Stands for the aggregate of src/db/sqlite_set.c."""

    def step(self, value):
        pass

    def finalize(self):
        return None


def open_store(migrations):
    store = sqlite3.connect(":memory:")
    store.create_function("in_set", 2, lambda a, b: 0)
    store.create_aggregate("id_set", 1, IdSet)
    for _, _, texts in migrations:
        store.executescript(texts[0])
    return store


def trees_of(store):
    """Of each tree of the store: its table, and whether it is an index beside it."""
    return {page: (table, kind == "index") for page, table, kind in store.execute("SELECT rootpage, tbl_name, type FROM sqlite_master WHERE rootpage > 0")}


def walked(store, trees, sql, n_args):
    """The large tables that a statement reads whole, by its program: a cursor that begins at an end, or is placed by too few columns, and goes on from there."""
    program = [(code, p1, p2, p4) for _, code, p1, p2, _, p4, *_ in store.execute("EXPLAIN " + sql, [None] * n_args)]
    cursors = {p1: trees[p2] for code, p1, p2, _ in program if code in ("OpenRead", "ReopenIdx") and p2 in trees}
    go_on = {p1 for code, p1, _, _ in program if code in ("Next", "Prev")}
    found = set()
    for code, p1, _, p4 in program:
        table, index = cursors.get(p1, (None, False))
        few = index and re.fullmatch("Seek[GL][ET]", code) and p4 is not None and int(p4) <= SCOPED.get(table, 0)
        if table in LARGE and (code == "Count" or (p1 in go_on and (few or code in ("Rewind", "Last")))):
            found.add(table)
    return found


def declared(statement):
    lines = [line for body in statement.bodies.values() for _, line in body]
    return {m.group(1) for line in lines if (m := re.match(r"-- walks: (\w+): \S", line))}


def check(statements, store):
    trees, problems = trees_of(store), []
    for s in statements:
        if "[filters]" in s.sql[0]:
            continue
        got, said = walked(store, trees, s.sql[0], max([0, *map(int, re.findall(r"\?(\d+)", s.sql[0]))])), declared(s)
        where = f"{s.path}:{s.line}: {s.name}"
        problems += [f"{where} walks {table}: give it an index, or say why (-- walks: {table}: why)" for table in sorted(got - said)]
        problems += [f"{where} says that it walks {table}, and does not" for table in sorted(said - got)]
    return problems


def self_test(root):
    store = open_store(sqlgen.read_migrations(os.path.join(root, "sql", "migrate")))

    def statement(sql, *lines):
        s = sqlgen.Statement("Tried", "tried.sql", 1)
        s.sql, s.bodies = [sql, sql], {"both": list(enumerate(lines))}
        return s
    bad = [statement("SELECT title FROM task"), statement("SELECT count(*) FROM task_step"), statement("SELECT task FROM task_scope WHERE scope = ?1"),
           statement("SELECT title FROM task WHERE id = ?1", "-- walks: task: not at all")]
    good = [statement("SELECT title FROM task WHERE id = ?1"), statement("SELECT id FROM task WHERE uid = ?1"), statement("SELECT name FROM org"),
            statement("SELECT task FROM task_scope WHERE scope = ?1 AND plan = ?2"), statement("SELECT title FROM task", "-- walks: task: all of them")]
    for statements, wrong in ((bad, 1), (good, 0)):
        for s in statements:
            if len(check([s], store)) != wrong:
                sys.exit(f"{s.sql[0]}: {check([s], store)}")


def check_tree(root):
    return check(sqlgen.read_all(os.path.join(root, "sql", "query")), open_store(sqlgen.read_migrations(os.path.join(root, "sql", "migrate"))))


if __name__ == "__main__":
    checker.run(check_tree, self_test)
