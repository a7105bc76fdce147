#!/usr/bin/env python3
"""Fails where two layers define a function or object of one name. Static libraries hide such a clash: the linker takes whichever it meets first, and calls the other layer's.

    tools/check-symbols.py BUILD_FOLDER     tools/check-symbols.py --self-test
"""
import glob
import os
import subprocess
import sys
import tempfile

DEFINED = set("TDBR")


def defined_in(library):
    listing = subprocess.run(["nm", "-g", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    return {fields[2] for fields in map(str.split, listing.splitlines()) if len(fields) == 3 and fields[1] in DEFINED}


def check(libraries):
    first, problems = {}, []
    for library in libraries:
        for name in sorted(defined_in(library)):
            if name in first:
                problems.append(f"{name} is defined in {os.path.basename(first[name])} and in {os.path.basename(library)}")
            first.setdefault(name, library)
    return problems


def libraries_of(build):
    return sorted(glob.glob(os.path.join(build, "src", "lib*.a")) + glob.glob(os.path.join(build, "src", "*", "lib*.a")))


def self_test():
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("a", "int one(void); int one(void) { return 1; }"), ("b", "int one(void); int one(void) { return 2; } static int two(void) { return 2; } int three(void); int three(void) { return two(); }"),
                           ("c", "static int two(void) { return 3; } int four(void); int four(void) { return two(); }")):
            path = os.path.join(folder, name)
            with open(path + ".c", "w", encoding="utf-8") as out:
                out.write(text)
            subprocess.run(["cc", "-c", "-o", path + ".o", path + ".c"], check=True)
            subprocess.run(["ar", "rcs", path + ".a", path + ".o"], check=True)
        found = check([os.path.join(folder, name + ".a") for name in "abc"])
        assert found == ["one is defined in a.a and in b.a"], found


def main():
    if "--self-test" in sys.argv:
        self_test()
        return
    libraries = libraries_of(sys.argv[1]) if len(sys.argv) == 2 else []
    if not libraries:
        sys.exit(__doc__)
    problems = check(libraries)
    if problems:
        sys.exit("\n".join(problems))


if __name__ == "__main__":
    main()
