#!/usr/bin/env python3
"""Makes the built pages part of the program: one file of bytes and a C table of what stands where in it.

    embed.py DIST FALLBACK OUT.c OUT.bin --depfile FILE

DIST may be missing: then only FALLBACK is in the table, the page which says that the pages were not built.
"""
import argparse
import gzip
import hashlib
import os

TYPES = {
    ".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8", ".json": "application/json", ".map": "application/json",
    ".png": "image/png", ".svg": "image/svg+xml", ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json", ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2",
}
PACKED = {".ico", ".png", ".webp", ".woff", ".woff2"}  # gzip gains nothing on these


def files_under(folder):
    """(address, path) of each file, and the folders, in a fixed order."""
    found, folders = [], []
    for parent, names, files in os.walk(folder):
        names.sort()
        folders.append(parent)
        for name in files:
            path = os.path.join(parent, name)
            found.append(("/" + os.path.relpath(path, folder).replace(os.sep, "/"), path))
    return sorted(found, key=lambda f: f[0].encode()), folders


def c_string(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Bytes:
    def __init__(self):
        self.parts, self.size = [], 0

    def add(self, data):
        at = self.size
        self.parts.append(data)
        self.size += len(data)
        return at


def row(address, path, blob):
    extension = os.path.splitext(path)[1]
    if extension not in TYPES:
        raise SystemExit(f"{path}: no content type for {extension or 'a name without extension'} in tools/embed.py")
    with open(path, "rb") as f:
        plain = f.read()
    packed = b"" if extension in PACKED else gzip.compress(plain, 9, mtime=0)
    if len(packed) >= len(plain):
        packed = b""
    etag = '"' + hashlib.sha256(plain).hexdigest()[:20] + '"'
    lasting = "true" if address.startswith("/assets/") else "false"  # the name holds a hash of the content
    return (f"    {{ STR_INIT({c_string(address)}), {c_string(TYPES[extension])}, STR_INIT({c_string(etag)}), {lasting},\n"
            f"      {blob.add(plain)}, {len(plain)}, {blob.add(packed)}, {len(packed)} }},\n")


def code(rows, bin_path):
    return f"""/* Made by tools/embed.py. */
#include "http/pages.h"

__asm__(".section .rodata\\n.balign 16\\n.global page_bytes\\npage_bytes:\\n.incbin {c_string(bin_path)[:-1].replace('"', chr(92) + '"')}\\"\\n.byte 0\\n.previous\\n");

const PageFile page_files[] = {{
{''.join(rows)}}};
const size_t page_n_files = G_N_ELEMENTS(page_files);
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dist")
    parser.add_argument("fallback")
    parser.add_argument("code")
    parser.add_argument("bytes")
    parser.add_argument("--depfile", required=True)
    args = parser.parse_args()
    found, folders = files_under(args.dist)
    found = sorted(found + [("/" + os.path.basename(args.fallback), args.fallback)], key=lambda f: f[0].encode())
    blob = Bytes()
    rows = [row(address, path, blob) for address, path in found]
    with open(args.bytes, "wb") as out:
        out.write(b"".join(blob.parts))
    with open(args.code, "w", encoding="utf-8") as out:
        out.write(code(rows, args.bytes))
    watched = [path for _, path in found] + (folders or [os.path.dirname(os.path.abspath(args.dist))])
    with open(args.depfile, "w", encoding="utf-8") as out:
        out.write(f"{args.code}: {' '.join(p.replace(' ', chr(92) + ' ') for p in watched)}\n")


if __name__ == "__main__":
    main()
