#!/usr/bin/env python3
"""Packs in a store: installed from a zip by the system's administrator, upgraded, laid over, and told to everyone who is logged in."""
import io
import os
import zipfile

from client import get, upload
from lib import Demo, equal, problem, run

PACKS = os.path.join(os.environ["SOURCE_ROOT"], "packs")
NEEDED = ("population", "immunization", "maternal", "encounters", "notifiable", "chronic", "drug_shortage")


def packs(*names, **changes):
    """A zip of packs; changes: files by path, with '/' as '__'."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        for top, _, files in os.walk(PACKS):
            for name in files:
                path = os.path.relpath(os.path.join(top, name), PACKS)
                if (path.split("/")[0] in names or "/" not in path) and path not in changes:
                    z.write(os.path.join(top, name), path)
        for path, text in changes.items():
            z.writestr(path, text)
    return out.getvalue()


def text_of(path):
    with open(os.path.join(PACKS, path), encoding="utf-8") as file:
        return file.read()


def send(content, session=None, **more):
    who = session or SYSTEM
    return SERVER.post("/api/v1/packs", {"upload": upload(SERVER, who, "packs.zip", content), **more}, session=who)


def nothing_is_installed_at_first():
    equal(get(SERVER, HANDLER, "packs")["rows"], [])
    problem(SERVER.get("/api/v1/packs/population", session=HANDLER), 404)


def only_the_administrator_installs():
    problem(send(packs("population"), HANDLER), 403, "no-role")
    equal(get(SERVER, HANDLER, "packs")["may"]["install"]["ok"], False)
    equal(get(SERVER, SYSTEM, "packs")["may"]["install"]["ok"], True)


def what_is_no_pack_is_refused():
    problem(SERVER.post("/api/v1/packs", {}, session=SYSTEM), 400)
    problem(SERVER.post("/api/v1/packs", {"upload": "a" * 26}, session=SYSTEM), 404)
    problem(send(b"no zip at all"), 400)
    problem(send(packs("population"), packs=["nothing"]), 404, "no-pack")
    problem(send(packs("population"), packs=[1]), 400, None, "/packs/0")
    broken = text_of("population/pack.yaml").replace("kind: aggregate", "kind: agregate", 1)
    wrong = send(packs("population", **{"population/pack.yaml": broken}))
    problem(wrong, 400, "pack-wrong")
    equal(get(SERVER, HANDLER, "packs")["rows"], [])


def a_check_changes_nothing():
    looked = send(packs(*NEEDED), check=True)
    equal((looked.status, {r["what"] for r in looked.json["rows"]}), (200, {"installed"}), looked.body[:300])
    equal(get(SERVER, HANDLER, "packs")["rows"], [])


def they_are_installed_and_told():
    done = send(packs(*NEEDED))
    equal(done.status, 200, done.body[:300])
    rows = {r["id"]: r for r in get(SERVER, HANDLER, "packs")["rows"]}
    equal(sorted(rows), sorted(NEEDED))
    assert rows["population"]["datasets"][0]["id"].startswith("population."), rows["population"]
    equal(rows["population"]["by"], {"uid": get(SERVER, SYSTEM, "session")["account"]["uid"], "name": get(SERVER, SYSTEM, "session")["person"]["name"]})
    one = get(SERVER, HANDLER, "packs/population")
    equal((one["version"], one["local"]), (rows["population"]["version"], []))
    assert one["facts"] and {"says", "source", "basis"} == set(one["facts"][0]), one["facts"][:1]
    equal({r["what"] for r in send(packs(*NEEDED)).json["rows"]}, {"same"})


def a_newer_edition_takes_the_place():
    text = text_of("population/pack.yaml")
    version = next(line for line in text.splitlines() if line.startswith("version:"))
    newer = text.replace(version, "version: 9.0.0", 1)
    problem(send(packs("population", **{"population/pack.yaml": newer})), 409, "pack-installed")
    problem(send(packs("population", **{"population/pack.yaml": text + "\n# the same edition, and not the same\n"}), upgrade=True), 409, "pack-older")
    done = send(packs("population", **{"population/pack.yaml": newer}), upgrade=True)
    equal((done.status, [r["what"] for r in done.json["rows"] if r["id"] == "population"]), (200, ["upgraded"]), done.body[:300])
    equal(get(SERVER, HANDLER, "packs/population")["version"], "9.0.0")


def what_is_laid_over_is_told_and_stays():
    done = send(packs(**{"local/population/pack.yaml": "name: 本市人口\n"}))
    equal(done.status, 200, done.body[:300])
    one = get(SERVER, HANDLER, "packs/population")
    equal((one["name"], [(c["at"], c["now"]) for c in one["local"]]), ("本市人口", [("name", "本市人口")]))
    problem(send(packs(**{"local/nothing/pack.yaml": "name: x\n"})), 404, "no-pack")


if __name__ == "__main__":
    with Demo("--packs", "/nothing") as SERVER:
        HANDLER, SYSTEM = (SERVER.login(n) for n in ("handler01", "sysadmin01"))
        run(nothing_is_installed_at_first, only_the_administrator_installs, what_is_no_pack_is_refused, a_check_changes_nothing, they_are_installed_and_told,
            a_newer_edition_takes_the_place, what_is_laid_over_is_told_and_stays)
