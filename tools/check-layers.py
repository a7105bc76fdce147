#!/usr/bin/env python3
"""Fails where a layer includes a higher one. The order is that of the design: each includes only itself and those before it.

    tools/check-layers.py [SOURCE_ROOT]     tools/check-layers.py --self-test
"""
import os
import re
import sys
import tempfile

import checker

LAYERS = ["base", "db", "audit", "expr", "pack", "org", "flow", "doc", "ingest", "city", "hub", "indicator", "ledger", "publish", "job",
          "http", "cmd"]
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
# What a layer must not know although it stands below: these read and write files, and touch no database.
FORBIDDEN = {"doc": {"db"}, "ingest": {"db"}, "city": {"db"}}


def check_file(path, text):
    layer = path.split(os.sep)[1]
    if layer not in LAYERS:
        return [f"{path}:1: `{layer}` is no layer; there are {' '.join(LAYERS)}"]
    problems = []
    for m in INCLUDE.finditer(text):
        other = m.group(1).split("/")[0]
        at = f"{path}:{text.count(chr(10), 0, m.start(1)) + 1}"
        if "/" not in m.group(1) or other not in LAYERS:
            problems.append(f'{at}: "{m.group(1)}" does not begin with a layer')
        elif LAYERS.index(other) > LAYERS.index(layer):
            problems.append(f'{at}: {layer} includes the higher layer {other}')
        elif other in FORBIDDEN.get(layer, ()):
            problems.append(f'{at}: {layer} touches no database')
    return problems


def check_tree(root):
    problems = []
    for folder, _, names in sorted(os.walk(os.path.join(root, "src"))):
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            if name.endswith((".c", ".h")):
                with open(os.path.join(root, path), encoding="utf-8") as file:
                    problems += check_file(path, file.read())
    return problems


BAD = {
    "src/base/a.c": '#include "db/db.h"',
    "src/org/b.h": '#include "base/str.h"\n#include "ledger/ledger.h"',
    "src/doc/c.c": '#include "db/db.h"',
    "src/doc/d.c": '#include "reader.h"',
    "src/misc/e.c": "",
}
GOOD = {
    "src/org/f.c": '#include <glib.h>\n#include "base/str.h"\n#include "org/org.h"',
    "src/cmd/main.c": '#include "http/http.h"',
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
