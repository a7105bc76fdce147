#!/usr/bin/env python3
"""Whether anything in a folder can be read that must not: each text in the encodings in which it could have been left behind.

    tests/tool/find_bytes.py FOLDER [FILE...] < TEXTS     one text a line (identity numbers, names, telephones); FILEs: logs, what a program printed

Prints the file and how many of the texts it holds (the texts themselves only with --show); status 1 where there is one. Texts of fewer than four bytes are left out: they occur by chance."""
import base64
import os
import sys

LEAST = 4
CHUNK = 1 << 22


def forms(text):
    """The text as it is, in other character sets, as hex, as base64 at each of the three places in which it can begin."""
    plain = text.encode()
    found = {plain, text.encode("utf-16-le"), plain.hex().encode(), plain.hex().upper().encode()}
    try:
        found.add(text.encode("gb18030"))
    except UnicodeEncodeError:
        pass
    for before in range(3):
        whole = base64.b64encode(b"\0" * before + plain)
        first = (before * 8 + 5) // 6  # the characters that depend on this text alone
        last = (before + len(plain)) * 8 // 6
        found.add(whole[first:last])
    return {one for one in found if len(one) >= LEAST}


def blocks(path, overlap):
    with open(path, "rb") as file:
        tail = b""
        while block := file.read(CHUNK):
            yield tail + block
            tail = (tail + block)[-overlap:]


def search(paths, texts):
    """{path: texts that it holds}"""
    needles = {form: text for text in texts if len(text.encode()) >= LEAST for form in forms(text)}
    overlap = max(map(len, needles), default=1)
    found = {}
    for path in paths:
        held = {text for block in blocks(path, overlap) for form, text in needles.items() if form in block}
        if held:
            found[path] = held
    return found


def files_of(folder):
    return [os.path.join(where, name) for where, _, names in os.walk(folder) for name in names if os.path.isfile(os.path.join(where, name))]


def main():
    show = "--show" in sys.argv
    places = [a for a in sys.argv[1:] if a != "--show"]
    if not places:
        sys.exit(__doc__)
    paths = [path for place in places for path in (files_of(place) if os.path.isdir(place) else [place])]
    found = search(paths, {line.strip() for line in sys.stdin if line.strip()})
    for path, held in sorted(found.items()):
        print(f"{path}: {len(held)} texts" + (f": {' '.join(sorted(held)[:5])}" if show else ""))
    print(f"{len(paths)} files, {len(found)} of them hold what they must not")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
