#!/usr/bin/env python3
"""Every refusal has its words: no page says "no permission" without why.

Collects the codes that src/ refuses with: of may() and the rules of tasks, documents, plans and duties (`why`), and of errors (`error_detail`). Each
needs `why.CODE` or `error.CODE` in i18n/zh.json and i18n/en.json (the pages look in both); so does each verb of an event (`event.VERB`)
and what it is about (`object.KIND`).

    tools/check-refusals.py [SOURCE_ROOT]     tools/check-refusals.py --self-test
"""
import json
import os
import re
import sys
import tempfile

import checker

CODE = r'"([a-z][a-z0-9_]*(?:-[a-z0-9_]+)*)"'
WHY = (re.compile(r'\bwhy\s*=\s*([^;,}]*"[^;,}]*)'), re.compile(r'\((?:Obstacle|Allowed|May)\)\s*\{\s*([^,}]*"[^,}]*)'),
       re.compile(r'return\s+(?:refuse|refused)\(\s*("[^,)]*)'))
DETAIL = (re.compile(r'error_detail\(\s*[^,()]*(?:\([^()]*\))?[^,()]*,\s*([^;]*?)\)\s*(?:;|:|\?|&&|\|\|)'),)
EVENT = (re.compile(r'audit_append\([^,;]*,[^,;]*,\s*("[^,;]*)'), re.compile(r'account_event\([^,;]*,[^,;]*,\s*("[^,;]*)'),
         re.compile(r'change_begin\([^;]*?,\s*("[a-z-]+"),\s*err'), re.compile(r'(?:document_event|group_event)\([^;{]*?("[a-z-]+")'))
OBJECT = (re.compile(r'\(AuditObject\)\s*\{\s*("[a-z_]+")'),)
LITERAL = re.compile(CODE)
# The layers below the API never refuse a person; the reader's findings have texts of their own.
FOLDERS = ("org", "flow", "ledger", "http", "audit")


def sources(root):
    for folder in FOLDERS:
        for path, _, names in os.walk(os.path.join(root, "src", folder)):
            for name in sorted(names):
                if name.endswith((".c", ".h")):
                    full = os.path.join(path, name)
                    with open(full, encoding="utf-8") as f:
                        yield os.path.relpath(full, root), re.sub(r"/\*.*?\*/", "", f.read(), flags=re.S)


def codes(text, patterns):
    for pattern in patterns:
        for match in pattern.finditer(text):
            yield from LITERAL.findall(match.group(1))


def load(root, language):
    with open(os.path.join(root, "i18n", language + ".json"), encoding="utf-8") as f:
        return json.load(f)


def findings(root):
    texts = {language: load(root, language) for language in ("zh", "en")}
    seen = 0
    for path, text in sources(root):
        for patterns, prefixes, what in ((WHY, ("why", "error"), "a reason"), (DETAIL, ("error", "why"), "a detail"), (EVENT, ("event",), "an event"),
                                         (OBJECT, ("object",), "an event's object")):
            for code in sorted(set(codes(text, patterns))):
                seen += 1
                for language, known in texts.items():
                    if not any(f"{prefix}.{code}" in known for prefix in prefixes):
                        yield f"{path}: {what} '{code}' has no words in i18n/{language}.json ({' or '.join(p + '.' + code for p in prefixes)})"
    if seen == 0:
        yield "no refusal was found: the patterns are out of date"


def self_test(_root):
    clean = {"src/org/a.c": 'x.why = "no-role"; return refuse("not-owner"); error_detail(err, late ? "too-late" : "no-role");'
                            'return (Obstacle) { "open", params }; audit_append(tx, who, "submit", (AuditObject) { "task", uid }, data);',
             "i18n/zh.json": '{"why.no-role":"a","why.not-owner":"a","error.too-late":"a","why.open":"a","event.submit":"a","object.task":"a"}',
             "i18n/en.json": '{"why.no-role":"a","why.not-owner":"a","error.too-late":"a","why.open":"a","event.submit":"a","object.task":"a"}'}
    missing = ("why.no-role", "why.not-owner", "error.too-late", "why.open", "event.submit", "object.task")
    for key in (None, *missing):
        with tempfile.TemporaryDirectory() as root:
            for name, content in clean.items():
                full = os.path.join(root, name)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                with open(full, "w", encoding="utf-8") as f:
                    f.write(content.replace(f'"{key}"', '"other"') if name.endswith("en.json") else content)
            found = list(findings(root))
            if bool(found) != (key is not None):
                sys.exit(f"self-test: {key}: {found}")
    print("each rule can fail")


if __name__ == "__main__":
    checker.run(findings, self_test)
