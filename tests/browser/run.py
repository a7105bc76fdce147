#!/usr/bin/env python3
"""Starts the program with the city of the samples and plays the story of story.mjs in Chromium against it; its TAP is passed through.

    run.py BINARY [postgres]        BIHUAN_SHOTS: a folder for screenshots"""
import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "http"))
from lib import Demo  # noqa: E402

ACCOUNTS = {"issuer": "issuer01", "unit_head": "head01", "reviewer": "reviewer01", "audit_admin": "auditadmin01"}


def main():
    if not os.path.isdir(os.path.join(HERE, "../../web/node_modules/playwright-core")):
        print("1..0 # SKIP web/node_modules is missing: ./run build installs it")
        return 0
    with Demo() as server, tempfile.TemporaryDirectory() as folder:
        accounts = os.path.join(folder, "accounts.json")
        with open(accounts, "w", encoding="utf-8") as f:
            json.dump({role: {"username": name, "password": "shili-2026"} for role, name in ACCOUNTS.items()}, f)
        env = {**os.environ, "BIHUAN_URL": f"http://127.0.0.1:{server.port}", "BIHUAN_ACCOUNTS": accounts}
        return subprocess.run(["node", os.path.join(HERE, "story.mjs")], env=env, timeout=600).returncode


sys.exit(main())
