#!/usr/bin/env python3
"""bihuan pack: the packs that come with the program, a new one, and what is told of wrong ones. Into a store, and newer ones after them."""
import atexit
import json
import os
import shutil
import tempfile

from lib import SOURCE, Store, bihuan, equal, run

PACKS = os.path.join(SOURCE, "packs")
FOLDER = tempfile.mkdtemp(prefix="bihuan-packs-")
atexit.register(shutil.rmtree, FOLDER)


def ours_are_right():
    done = bihuan("pack", "check", PACKS)
    assert done.status == 0 and "immunization 1.0.0: datasets 3" in done.out and "warning" not in done.out, done


def one_pack_is_checked_alone():
    for path in ("population", "population/", "population/pack.yaml", "population/age_group.csv", "population/tests/proof.yaml"):
        done = bihuan("pack", "check", os.path.join(PACKS, path))
        assert done.status == 0 and "immunization" not in done.out, done
    assert "population 1.0.0" in bihuan("pack", "check", "population", cwd=PACKS).out
    assert "population 1.0.0" in bihuan("pack", "check", ".", cwd=os.path.join(PACKS, "population")).out


def a_new_pack_passes_the_check():
    done = bihuan("pack", "new", "home_visits", FOLDER)
    assert done.status == 0, done
    done = bihuan("pack", "check", FOLDER)
    assert done.status == 0 and "home_visits 0.1.0: datasets 1, rules 2" in done.out, done
    equal(bihuan("pack", "new", "home_visits", FOLDER).status, 75)
    for name in ("Home", "select", "a" * 21, "../x"):
        equal(bihuan("pack", "new", name, FOLDER).status, 65)


def all_that_is_wrong_is_told():
    path = os.path.join(FOLDER, "home_visits", "pack.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace("check: visited_on <= today()", "check: visited_onn <= today()").replace("kind: event", "kind: events"))
    done = bihuan("pack", "check", FOLDER)
    at = {line.split("kind: event")[0]: i for i, line in enumerate(text.splitlines(), 1)}
    equal(done.status, 65)
    line = at["    "]
    assert f"{path}:{line}:11: 'events' is none of: event, register, aggregate, case [pack-word]" in done.out, done
    assert "there is no field 'visited_onn'; near: visited_on [expr-unknown-name]" in done.out, done
    equal(done.complaint, "bihuan pack check: 2 errors\n")
    assert "home_visits 0.1.0" not in done.out, done
    equal(bihuan("pack", "check", "pack.yaml", cwd=os.path.join(FOLDER, "home_visits")).status, 65)


def what_is_not_there_is_said():
    equal(bihuan("pack", "check", "/nowhere/packs").status, 66)
    equal(bihuan("pack", "list", "/nowhere/packs").status, 66)
    equal(bihuan("pack", "show", "nothing", PACKS).status, 66)
    equal(bihuan("pack", "schema", "nothing").status, 64)
    empty = os.path.join(FOLDER, "empty")
    os.mkdir(empty)
    equal(bihuan("pack", "check", empty).status, 66)


def packs_are_listed_and_shown():
    rows = bihuan("pack", "list", PACKS, "--json").json["rows"]
    equal([row["id"] for row in rows], sorted(row["id"] for row in rows))
    assert {"population", "immunization"} <= {row["id"] for row in rows} and all(len(row["hash"]) == 64 for row in rows), rows
    assert "预防接种" in bihuan("pack", "list", PACKS).out
    shown = bihuan("pack", "show", "immunization", PACKS, "--json").json
    equal([d["dataset"] for d in shown["datasets"]], ["immunization.vaccination", "immunization.clinic_session", "immunization.aefi"])
    dataset = bihuan("pack", "show", "immunization.vaccination", PACKS, "--json").json
    equal((dataset["table"], dataset["kind"], dataset["key"]), ("immunization__vaccination", "event", ["person", "vaccine", "dose"]))
    assert "given_on >= person.birth" in bihuan("pack", "show", "immunization.vaccination", PACKS).out


def folder_with(name, *packs):
    """A folder of packs: the common elements, and these."""
    folder = os.path.join(FOLDER, name)
    os.mkdir(folder)
    for file in os.listdir(PACKS):
        if os.path.isfile(os.path.join(PACKS, file)):
            shutil.copy(os.path.join(PACKS, file), folder)
    for pack in packs:
        shutil.copytree(pack, os.path.join(folder, os.path.basename(pack)))
    return folder


def a_programme_that_nobody_knows_is_right():
    folder = folder_with("unknown", os.path.join(SOURCE, "tests", "packs", "school_water_inspect"))
    done = bihuan("pack", "check", folder)
    assert done.status == 0 and "school_water_inspect 0.3.0: datasets 4, rules 15, duties 2, flows 1, cases of proof 10" in done.out, done
    assert all("no-element" in line for line in done.out.splitlines() if "warning" in line), done
    equal(bihuan("pack", "show", "school_water_inspect.drinking_water_point", folder, "--json").json["table"], "school_water_inspect__drinking_water_point")


def every_pack_has_all_that_a_programme_needs():
    """The kinds of rules and of datasets are all in use, and each pack says where its numbers come from."""
    kinds, rules = set(), set()
    for row in bihuan("pack", "list", PACKS, "--json").json["rows"]:
        pack = bihuan("pack", "show", row["id"], PACKS, "--json").json
        assert pack["facts"] and all(fact["source"] for fact in pack["facts"]), row
        for dataset in pack["datasets"]:
            shown = bihuan("pack", "show", dataset["dataset"], PACKS, "--json").json
            kinds.add(shown["kind"])
            rules |= {rule["kind"] for rule in shown["rules"]}
    equal((sorted(kinds), sorted(rules)), (["aggregate", "case", "event", "register"], ["link", "row", "set", "total", "unique", "volume"]))


def a_proof_that_was_emptied_proves_nothing():
    folder = folder_with("emptied", *(os.path.join(PACKS, name) for name in os.listdir(PACKS) if os.path.isdir(os.path.join(PACKS, name))))
    for name in sorted(os.listdir(PACKS)):
        proof = os.path.join(folder, name, "tests", "proof.yaml")
        if not os.path.exists(proof):
            continue
        with open(proof, encoding="utf-8") as file:
            text = file.read()
        for emptied in ("proof: []\n", text.split("    defects:")[0] + "    defects: []\n"):
            with open(proof, "w", encoding="utf-8") as file:
                file.write(emptied)
            done = bihuan("pack", "check", os.path.join(folder, name))
            assert done.status == 65 and "[pack-proof]" in done.out, (name, done)
        with open(proof, "w", encoding="utf-8") as file:
            file.write(text)
    equal(bihuan("pack", "check", folder).status, 0)


def the_schema_describes_the_packs():
    """By hand what a validator does, as far as our own packs need it: kinds, required and unknown keys."""
    schema = bihuan("pack", "schema").json
    definition = schema["$defs"]["pack"]
    equal(schema["$ref"], "#/$defs/pack")
    assert definition["required"][:3] == ["pack", "version", "needs"] and not definition["additionalProperties"], definition
    assert "标识" in definition["properties"]["pack"]["description"]
    for name in ("elements", "proof"):
        assert json.dumps(bihuan("pack", "schema", name).json)


def they_go_into_a_store():
    """Installed, the same again, compared, upgraded, laid over; a folder that was not named is not looked at again."""
    folder = os.path.join(FOLDER, "packs")
    shutil.copytree(PACKS, folder)
    path = os.path.join(folder, "population", "pack.yaml")
    with Store() as store:
        equal(store.json("pack", "installed")["rows"], [])
        assert "population" in store.run("pack", "install", "--check", folder).out
        equal(store.json("pack", "installed")["rows"], [])
        rows = store.json("pack", "install", folder)["rows"]
        equal({r["what"] for r in rows}, {"installed"})
        equal([r["what"] for r in store.json("pack", "install", os.path.join(folder, "population"))["rows"]], ["same", "same"])
        with open(path, encoding="utf-8") as file:
            text = file.read()
        version = next(line for line in text.splitlines() if line.startswith("version: "))
        with open(path, "w", encoding="utf-8") as file:
            file.write(text.replace(version, "version: 8.1.0", 1))
        store.refused(75, "pack", "install", os.path.join(folder, "population"), text="is installed already")
        assert f"  version: {version[9:]} -> 8.1.0\n" in store.run("pack", "diff", os.path.join(folder, "population")).out
        equal([r["what"] for r in store.json("pack", "upgrade", os.path.join(folder, "population"))["rows"]], ["same", "upgraded"])
        os.makedirs(os.path.join(folder, "local", "population"))
        with open(os.path.join(folder, "local", "population", "pack.yaml"), "w", encoding="utf-8") as file:
            file.write("name: 本市人口\n")
        store.run("pack", "install", os.path.join(folder, "local"))
        shutil.rmtree(folder)
        rows = {r["id"]: r for r in store.json("pack", "installed")["rows"]}
        equal((rows["population"]["name"], rows["population"]["version"]), ("本市人口", "8.1.0"))
        store.refused(66, "pack", "install", folder, text="there is no folder")


run(ours_are_right, one_pack_is_checked_alone, a_new_pack_passes_the_check, all_that_is_wrong_is_told, what_is_not_there_is_said, packs_are_listed_and_shown,
    a_programme_that_nobody_knows_is_right, every_pack_has_all_that_a_programme_needs, a_proof_that_was_emptied_proves_nothing, the_schema_describes_the_packs, they_go_into_a_store)
