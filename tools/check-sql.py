#!/usr/bin/env python3
"""Fails where SQL is made at run time, or stands where it does not belong.

SQL stands in sql/, and is built from typed parts by the few files of BUILDERS: lists, expressions, and the tables of records, whose columns only the packs of a store know (db/table.c, from names
that it checks itself, and db/merge_text.c, what is asked of such tables). Elsewhere in src/ are refused:
- SQL in a literal given to a function that prints or joins strings;
- outside src/db: any literal that begins like a statement, and any call of SQLite or libpq.

    tools/check-sql.py [SOURCE_ROOT]     tools/check-sql.py --self-test
"""
import os
import re
import sys
import tempfile

import checker

BUILDERS = {"src/db/list_text.c", "src/db/pick.c", "src/db/table.c", "src/db/scan.c", "src/db/merge_text.c", "src/db/sqlite_feed.c", "src/expr/sql.c", "src/expr/sql_aggregate.c"}
JOINERS = re.compile(r"\b(g_strdup_v?printf|g_string_(?:append_|prepend_|insert_)?v?printf|g_string_(?:new|assign|append|prepend|insert)(?:_len)?"
                     r"|g_v?snprintf|v?snprintf|v?asprintf|g_strconcat|g_strjoinv?|g_stpcpy|g_strlcpy|g_strlcat"
                     r"|arena_printf|arena_concat|fprintf|dprintf)\s*\(")
KEYWORDS = re.compile(r"\b(SELECT|INSERT INTO|DELETE FROM|UPDATE \S+ SET|CREATE (TABLE|INDEX|UNIQUE|VIEW|TRIGGER)|ALTER TABLE|DROP (TABLE|INDEX|VIEW)"
                      r"|PRAGMA|WHERE|ORDER BY|GROUP BY|HAVING|UNION|INNER JOIN|LEFT JOIN|JOIN|VALUES ?\(|LIMIT [%?$\d])"
                      r"|(?i:\bselect\b.{1,200}\bfrom\b|\binsert into\b|\bdelete from\b|\bupdate \S+ set\b)")
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|PRAGMA|WITH|BEGIN|COMMIT|ROLLBACK)\s")
STATEMENT_WORDS = re.compile(r"\b(FROM|INTO|SET|TABLE|INDEX|VALUES|TRANSACTION|IMMEDIATE|AS)\b|\bPRAGMA\s+\w+\s*=|=")
ENGINE_CALL = re.compile(r"\b(sqlite3_\w+|PQ[a-z]\w+)\s*\(")
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def without_comments(text):
    """Same length and lines; comments become blanks."""
    return TOKEN.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)) if m.group(0)[0] == "/" else m.group(0), text)


def literals(text):
    """(offset, value) of each string literal; neighbours are one."""
    found = []
    end = None
    for m in TOKEN.finditer(text):
        if m.group(0)[0] != '"':
            continue
        value = m.group(0)[1:-1].replace("\\n", " ").replace('\\"', '"')
        if found and end is not None and not text[end:m.start()].strip():
            found[-1] = (found[-1][0], found[-1][1] + value)
        else:
            found.append((m.start(), value))
        end = m.end()
    return found


def call_end(text, start):
    """Behind the bracket that closes the one before `start`."""
    depth, at = 1, start
    tokens = {m.start(): m.end() for m in TOKEN.finditer(text, start)}
    while at < len(text) and depth > 0:
        if at in tokens:
            at = tokens[at]
            continue
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        at += 1
    return at


def check_text(path, text):
    text = without_comments(text)
    problems = []

    def add(offset, what):
        problems.append(f"{path}:{text.count(chr(10), 0, offset) + 1}: {what}")

    for call in JOINERS.finditer(text):
        for offset, value in literals(text[call.end():call_end(text, call.end())]):
            if KEYWORDS.search(value):
                add(call.end() + offset, f"SQL made by {call.group(1)}: put it into sql/query, or build it with db/build.h")
    if not path.startswith("src/db/"):
        for offset, value in literals(text):
            if STATEMENT.match(value) and STATEMENT_WORDS.search(value):
                add(offset, "SQL in a literal: put it into sql/query")
        for call in ENGINE_CALL.finditer(text):
            add(call.start(), f"{call.group(1)}: only src/db speaks to the engines")
    return problems


def check_tree(root):
    problems = []
    for folder, _, names in sorted(os.walk(os.path.join(root, "src"))):
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            if name.endswith((".c", ".h")) and path not in BUILDERS:
                with open(os.path.join(root, path), encoding="utf-8") as file:
                    problems += check_text(path, file.read())
    return problems


BAD = {
    "src/org/a.c": 'x = g_strdup_printf("SELECT * FROM org WHERE name = \'%s\'", name);',
    "src/org/b.c": 'g_string_append(sql,\n    " ORDER BY name");',
    "src/org/c.c": 'static const char sql[] = "DELETE FROM org";',
    "src/org/d.c": 'sqlite3_exec(db, x, 0, 0, 0);',
    "src/org/e.c": 'g_snprintf(b, sizeof b, "insert " "into org values (%d)", n);',
    "src/db/f.c": 'arena_printf(arena, "PRAGMA cache_size = %d", n);',
}
GOOD = {
    "src/org/g.c": '/* g_strdup_printf("SELECT 1 FROM x") */ error_set(err, BH_BAD_INPUT, "select a file from the list");',
    "src/db/h.c": 'static const char sql[] = "SELECT count(*) FROM schema_version";',
    "src/db/list_text.c": 'g_string_append(sql, " ORDER BY ");',
    "src/org/i.c": 'g_strdup_printf("with %s", "update");',
}


def self_test(_root):
    with tempfile.TemporaryDirectory() as root:
        for path, text in {**BAD, **GOOD}.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        found = {p.split(":")[0] for p in check_tree(root)}
    if found != set(BAD):
        sys.exit(f"missed: {sorted(set(BAD) - found)}; wrongly found: {sorted(found - set(BAD))}")


if __name__ == "__main__":
    checker.run(check_tree, self_test)
