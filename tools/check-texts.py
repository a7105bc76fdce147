#!/usr/bin/env python3
"""Holds the texts for people to their place.

- Chinese in a literal of src/: only the reader's tables (src/doc) may have it; a person's text is a key of i18n/.
- i18n/zh.json and en.json: the same keys, the same places ({count}) in each.
- Every key that the code names is there, and every key that is there is named: whole, or by the part before what varies
  ('task.state.' in "task.state." STR_FMT or `task.state.${state}`).

    tools/check-texts.py [SOURCE_ROOT]     tools/check-texts.py --self-test
"""
import json
import os
import re
import sys
import tempfile

import checker

CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]|\\u(?:3[4-9a-f]|[4-9][0-9a-f])[0-9a-f]{2}", re.I)
C_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)
PLACE = re.compile(r"\{(\w+)\}")
QUOTED = re.compile(r"""["'`]([a-z][a-z0-9_]*(?:[.-][A-Za-z0-9_<>=~+-]+)*\.?)(?=["'`$\\{%])""")
KEY_CALLS = (re.compile(r'\bi18n(?:_format)?\(\s*(?:[^,()]*,\s*)?(?:[^,()]*,\s*)?"([^"]+)"'), re.compile(r"""(?<![\w.])t\(\s*['"]([^'"]+)['"]"""))


def files(root, folder, endings):
    for path, folders, names in os.walk(os.path.join(root, folder)):
        folders[:] = sorted(f for f in folders if f not in ("node_modules", "dist"))
        for name in sorted(names):
            if name.endswith(endings):
                full = os.path.join(path, name)
                with open(full, encoding="utf-8") as f:
                    yield os.path.relpath(full, root), f.read()


def chinese_in_literals(root):
    for path, text in files(root, "src", (".c", ".h")):
        if path.startswith("src/doc/"):
            continue
        for m in C_TOKEN.finditer(text):
            if m.group(0)[0] in "\"'" and CHINESE.search(m.group(0)):
                yield f"{path}:{text.count(chr(10), 0, m.start()) + 1}: Chinese in a literal: it belongs into i18n/, or into the reader's tables"


def load(root, name):
    with open(os.path.join(root, "i18n", name), encoding="utf-8") as f:
        return json.load(f)


def differences(zh, en):
    for key in sorted(zh.keys() | en.keys()):
        if key not in en or key not in zh:
            yield f"i18n/{'en' if key not in en else 'zh'}.json: the key '{key}' is missing"
        elif set(PLACE.findall(zh[key])) != set(PLACE.findall(en[key])):
            yield f"i18n: '{key}' has other places in one language than in the other"


def named(root):
    """All that looks like a key in the code, and what is given as one: (path, line, key)."""
    words, calls = set(), []
    sources = list(files(root, "src", (".c", ".h"))) + list(files(root, "web/src", (".ts", ".vue")))
    for path, text in sources:
        words.update(m.group(1) for m in QUOTED.finditer(text))
        for pattern in KEY_CALLS:
            calls += [(path, text.count("\n", 0, m.start()) + 1, m.group(1)) for m in pattern.finditer(text)]
    return words, calls


def is_named(key, words):
    if key in words:
        return True
    parts = key.split(".")
    return any(".".join(parts[:n]) + "." in words for n in range(1, len(parts)))


def findings(root):
    yield from chinese_in_literals(root)
    zh, en = load(root, "zh.json"), load(root, "en.json")
    yield from differences(zh, en)
    words, calls = named(root)
    for key in sorted(zh):
        if not is_named(key, words):
            yield f"i18n: nothing names the key '{key}'"
    for path, line, key in calls:
        if key not in zh and not key.endswith("."):
            yield f"{path}:{line}: there is no text '{key}'"


def self_test(_root):
    """Each rule finds what it is for, and nothing in a clean tree."""
    clean = {"src/a.c": 'i18n(LANG_ZH, "a.one"); "task.state." STR_FMT; /* 中文 */', "src/doc/b.c": 'W(U"中文")',
             "web/src/c.ts": "t('a.two', { n })", "i18n/zh.json": '{"a.one":"一","a.two":"{n} 二","task.state.x":"三"}',
             "i18n/en.json": '{"a.one":"1","a.two":"{n} 2","task.state.x":"3"}'}
    faults = [("src/a.c", '"中"'), ("src/a.c", '"\\u4e2d"'), ("web/src/c.ts", "t('a.three')"), ("src/a.c", 'i18n(lang, "a.four")'),
              ("i18n/en.json", '{"a.one":"1","a.two":"{n} 2"}'), ("i18n/en.json", '{"a.one":"1","a.two":"2","task.state.x":"3"}'),
              ("web/src/c.ts", "nothing")]
    for path, content in [(None, None)] + faults:
        with tempfile.TemporaryDirectory() as root:
            for name, text in clean.items():
                full = os.path.join(root, name)
                os.makedirs(os.path.dirname(full), exist_ok=True)
                keep = text + "\n" if name.startswith(("src", "web")) and content != "nothing" else ""
                with open(full, "w", encoding="utf-8") as f:
                    f.write(text if name != path else content if name.startswith("i18n") else keep + content)
            found = list(findings(root))
            if bool(found) != (path is not None):
                sys.exit(f"self-test: {path} {content}: {found}")
    print("each rule can fail")


if __name__ == "__main__":
    checker.run(findings, self_test)
