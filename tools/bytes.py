#!/usr/bin/env python3
"""Makes a file part of the program: a C array of its bytes. usage: bytes.py FILE NAME OUT.c

The program declares `extern const unsigned char NAME[]; extern const size_t NAME_size;`."""
import sys


def main():
    path, name, out = sys.argv[1:]
    with open(path, "rb") as f:
        data = f.read()
    lines = [", ".join(map(str, data[i:i + 24])) for i in range(0, len(data), 24)]
    with open(out, "w", encoding="ascii") as f:
        f.write(f"/* Made by tools/bytes.py. */\n#include <stddef.h>\n\nextern const unsigned char {name}[];\nextern const size_t {name}_size;\n"
                f"const unsigned char {name}[] = {{\n" + "".join(f"    {line},\n" for line in lines) + f"}};\nconst size_t {name}_size = {len(data)};\n")


if __name__ == "__main__":
    main()
