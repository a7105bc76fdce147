#!/usr/bin/env python3
"""Whether anything in a folder can be read that must not: each text in the encodings in which it could have been left behind.

    tests/tool/find_bytes.py FOLDER [FILE...] < TEXTS     one text a line (identity numbers, names, telephones); FILEs: logs, what a program printed

Prints the file and how many of the texts it holds (the texts themselves only with --show); status 1 where there is one. What is shorter than six bytes in one of its forms is left out in this form: it occurs by chance."""
import base64
import os
import subprocess
import sys
import tempfile

LEAST = 6
CHUNK = 1 << 22
AT_ONCE = 500  # files to a grep


def forms(text):
    """The text as it is, in other character sets, as hex, as base64 at each of the three places in which it can begin."""
    plain = text.encode()
    found = {plain, text.encode("utf-16-le"), text.encode("utf-16-be"), plain.hex().encode(), plain.hex().upper().encode()}
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


def by_grep(paths, patterns):
    """(file, needle): tens of thousands of needles at once, in one pass. A file that is gone meanwhile holds nothing."""
    done = subprocess.run(["grep", "-a", "-o", "-F", "-H", "-Z", "-s", "-f", patterns, "--", *paths], env={**os.environ, "LC_ALL": "C"}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode > 1 and all(map(os.path.exists, paths)):
        raise OSError(f"grep ended with {done.returncode}: {done.stderr.decode()}")
    for line in done.stdout.split(b"\n")[:-1]:
        path, _, needle = line.partition(b"\0")
        yield os.fsdecode(path), needle


def search(paths, texts):
    """{path: texts that it holds}"""
    paths, needles, found = list(paths), {form: text for text in texts for form in forms(text)}, {}
    broken = {form: text for form, text in needles.items() if b"\n" in form}  # in UTF-16; grep's patterns are lines
    overlap = max(map(len, broken), default=1)
    with tempfile.NamedTemporaryFile() as patterns:
        patterns.write(b"\n".join(form for form in needles if form not in broken))
        patterns.flush()
        for at in range(0, len(paths) if len(needles) > len(broken) else 0, AT_ONCE):
            for path, needle in by_grep(paths[at:at + AT_ONCE], patterns.name):
                found.setdefault(path, set()).add(needles[needle])
    for path in paths if broken else ():
        for block in blocks(path, overlap):
            held = {text for form, text in broken.items() if form in block}
            if held:
                found.setdefault(path, set()).update(held)
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
