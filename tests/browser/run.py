#!/usr/bin/env python3
"""Starts the program with the city of the samples and runs a script of this folder in Chromium against it; its TAP is passed through.

    run.py BINARY SCRIPT [postgres]        SCRIPT: story, data, clerk, eighth, print; year, axe or keyboard, with half a year behind the city; BIHUAN_SHOTS: a folder for screenshots"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SCRIPT = sys.argv.pop(2)
sys.path.insert(0, os.path.join(HERE, "..", "http"))
from eighth import install  # noqa: E402
from lib import Demo, equal  # noqa: E402

PACKS = ("--packs", os.path.join(HERE, "../../packs"))
PAST = {"story": (), "data": PACKS, "clerk": PACKS, "eighth": PACKS, "keyboard-data": PACKS, "print": PACKS, "year": ("--advance", "26w"), "axe": (*PACKS, "--advance", "26w"), "keyboard": ("--advance", "26w")}


def main():
    if not os.path.isdir(os.path.join(HERE, "../../web/node_modules/playwright-core")):
        print("1..0 # SKIP web/node_modules is missing: ./run build installs it")
        return 0
    with Demo(*PAST[SCRIPT]) as server:
        if SCRIPT == "eighth":
            equal(install(server, server.login("sysadmin01")).status, 200, "the installing")
        env = {**os.environ, "BIHUAN_URL": f"http://127.0.0.1:{server.port}"}
        return subprocess.run(["node", os.path.join(HERE, SCRIPT + ".mjs")], env=env, timeout=900).returncode


sys.exit(main())
