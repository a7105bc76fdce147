#!/usr/bin/env python3
"""Fails where code knows a programme: a string literal in src/ or web/src/ that equals the id of a pack, of a dataset or of an indicator (alone, as pack.dataset or as its table).

A programme is a folder of packs/ and nothing else; so are those that tests bring (tests/packs/). Ids are read as packs are written: `pack:` at the margin, the keys under `datasets:` and `indicators:` two blanks in.

    tools/check-programmes.py [SOURCE_ROOT]     tools/check-programmes.py --self-test
"""
import os
import re
import sys
import tempfile

import checker

LITERAL = re.compile(r'//[^\n]*|/\*.*?\*/|"((?:\\.|[^"\\\n])*)"|\'((?:\\.|[^\'\\\n])*)\'|`((?:\\.|[^`\\$])*)`', re.S)
CODE = (".c", ".h", ".ts", ".vue", ".mjs")


def ids_of(text):
    """What a pack calls itself, its datasets and its indicators."""
    name, section, found = None, None, set()
    for line in text.split("\n"):
        if m := re.match(r"pack:\s*([a-z0-9_]+)", line):
            name = m.group(1)
            found.add(name)
        elif m := re.match(r"([a-z_]+):", line):
            section = m.group(1)
        elif section in ("datasets", "indicators") and (m := re.match(r"  ([a-z][a-z0-9_]*):", line)):
            found |= {m.group(1), f"{name}.{m.group(1)}", f"{name}__{m.group(1)}"}
    return found


def files(root, folder, names):
    for where, folders, found in os.walk(os.path.join(root, folder)):
        folders[:] = sorted(f for f in folders if f not in ("node_modules", "dist"))
        yield from (os.path.join(where, name) for name in sorted(found) if name.endswith(names))


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def check_tree(root):
    known = {}
    for path in [*files(root, "packs", "pack.yaml"), *files(root, os.path.join("tests", "packs"), "pack.yaml")]:
        known.update((one, os.path.relpath(path, root)) for one in ids_of(read(path)))
    problems = []
    for path in [*files(root, "src", CODE), *files(root, os.path.join("web", "src"), CODE)]:
        text = read(path)
        for m in LITERAL.finditer(text):
            expression = path.endswith(".vue") and m.group(1) is not None  # what a template binds: names of its script
            value = next((g for g in m.groups() if g is not None), None)
            if value in known and not expression:
                problems.append(f"{os.path.relpath(path, root)}:{text.count(chr(10), 0, m.start()) + 1}: '{value}' is an id of {known[value]}: code knows no programme")
    return problems


PACK = "pack: sample_pack\ndatasets:\n  sample_rows:\n    kind: event\nindicators:\n  sample_rate:\n    unit: \"%\"\n"
TESTED = PACK.replace("sample", "tested")
TRIED = {  # a file, and how many problems it is to have
    "src/hub/a.c": ('f("sample_pack"); g("sample_pack.sample_rows");', 2),
    "src/hub/t.c": ('f("tested_rows");', 1),
    "src/hub/b.c": ('f("sample_rate"); /* "sample_rows" */ g("a sample_pack"); // "sample_pack"', 1),
    "web/src/c.ts": ("const table = 'sample_pack__sample_rows'", 1),
    "web/src/d.vue": ("<p :of=\"sample_pack\">sample_pack {{ t('sample_pack') }}</p>", 1),
}


def self_test(_root):
    with tempfile.TemporaryDirectory() as root:
        for path, text in {"packs/sample_pack/pack.yaml": PACK, "tests/packs/tested_pack/pack.yaml": TESTED, **{p: t for p, (t, _) in TRIED.items()}}.items():
            os.makedirs(os.path.join(root, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        problems = check_tree(root)
    for path, (_, wanted) in TRIED.items():
        if sum(p.startswith(path + ":") for p in problems) != wanted:
            sys.exit(f"{path} should have {wanted} problems: {problems}")


if __name__ == "__main__":
    checker.run(check_tree, self_test)
