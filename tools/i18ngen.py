#!/usr/bin/env python3
"""Writes the texts of i18n/zh.json and en.json as a C table, sorted by key. usage: i18ngen.py ZH EN OUT.c

Fails with `file: what` on a key that one language lacks, a value that is no text, a key out of form, or places ({name}) that differ."""
import json
import re
import sys

KEY = re.compile(r"[a-z][a-z0-9_]*(?:[.-][a-z0-9_]+)*(?:\.(?:>=|<=|=|~))?\Z")  # a sign: target.op.>=


def load(path):
    def unique(pairs):
        seen = {}
        for key, value in pairs:
            if key in seen:
                sys.exit(f"{path}: the key '{key}' stands twice")
            if not KEY.match(key):
                sys.exit(f"{path}: the key '{key}' is not lower-case words with dots")
            if not isinstance(value, str) or not value:
                sys.exit(f"{path}: '{key}' has no text")
            seen[key] = value
        return seen
    with open(path, encoding="utf-8") as f:
        return json.load(f, object_pairs_hook=unique)


def literal(text):
    out = []
    for byte in text.encode("utf-8"):
        out.append(chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\?' else f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def main():
    zh_path, en_path, out_path = sys.argv[1:]
    zh, en = load(zh_path), load(en_path)
    for a, b, path in ((zh, en, en_path), (en, zh, zh_path)):
        for key in a:
            if key not in b:
                sys.exit(f"{path}: the key '{key}' is missing")
    places = re.compile(r"\{(\w+)\}")
    for key in zh:
        if set(places.findall(zh[key])) != set(places.findall(en[key])):
            sys.exit(f"{en_path}: '{key}' has other places than in {zh_path}")
    rows = sorted(zh, key=lambda k: k.encode())
    with open(out_path, "w", encoding="ascii") as f:
        f.write('/* Made by tools/i18ngen.py from i18n/. */\n#include "base/i18n_table.h"\n\nconst I18nRow i18n_rows[] = {\n')
        for key in rows:
            f.write(f"    {{ {literal(key)}, {{ STR_INIT({literal(zh[key])}), STR_INIT({literal(en[key])}) }} }},\n")
        f.write(f"}};\nconst size_t i18n_row_count = {len(rows)};\n")


main()
