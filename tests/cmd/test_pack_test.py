#!/usr/bin/env python3
"""bihuan pack test: the proofs of all our packs come out; one that was emptied does not, in any of the ways in which it can be emptied; and whatever a pack says, said otherwise, is found by its
proof: every rule weakened, every duty moved, every step opened."""
import atexit
import csv
import os
import re
import shutil
import tempfile

from lib import SOURCE, bihuan, equal, run

PACKS = os.path.join(SOURCE, "packs")
FOLDER = tempfile.mkdtemp(prefix="bihuan-pack-test-")
atexit.register(shutil.rmtree, FOLDER)
OURS = sorted(name for name in os.listdir(PACKS) if os.path.isdir(os.path.join(PACKS, name)))
SCHOOL = os.path.join(SOURCE, "tests/packs/school_water_inspect")


def copy(name):
    """A folder of its own with all packs, and the unknown one."""
    folder = os.path.join(FOLDER, name)
    shutil.copytree(PACKS, folder)
    shutil.copytree(SCHOOL, os.path.join(folder, "school_water_inspect"))
    return folder


def text_of(*parts):
    with open(os.path.join(*parts), encoding="utf-8") as file:
        return file.read()


def write(text, *parts):
    path = os.path.join(*parts)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def all_ours_come_out():
    done = bihuan("pack", "test", PACKS)
    equal(done.status, 0)
    equal([line.split(" ")[0] for line in done.out.splitlines()], OURS)
    done = bihuan("pack", "test", SCHOOL, PACKS)
    assert done.status == 0 and done.out.startswith("school_water_inspect 0.3.0: cases "), done


def a_pack_is_named_as_one_likes():
    for words in ((os.path.join(PACKS, "population"),), ("population", PACKS), (os.path.join(PACKS, "population") + "/",)):
        done = bihuan("pack", "test", *words)
        assert done.status == 0 and done.out.startswith("population ") and "immunization" not in done.out, done
    assert bihuan("pack", "test", "population", cwd=SOURCE).status == 0
    assert bihuan("pack", "test", ".", cwd=os.path.join(PACKS, "population")).status == 0
    equal(bihuan("pack", "test").status, 64)
    equal(bihuan("pack", "test", "nothing", PACKS).status, 66)
    equal(bihuan("pack", "test", "/nowhere").status, 66)
    empty = os.path.join(FOLDER, "empty")
    os.mkdir(empty)
    equal(bihuan("pack", "test", empty).status, 66)


def a_new_pack_passes():
    folder = os.path.join(FOLDER, "new")
    equal(bihuan("pack", "new", "home_visits", folder).status, 0)
    equal(bihuan("pack", "test", folder).status, 0)


# --- Emptied ---------------------------------------------------------------------------------------------------------------------

LISTS = "defects|duties|reports|signals|steps|forms"
NOTHING = re.compile(rf"^    (?:{LISTS}):(?: \[\])?\n(?:      .*\n)*", re.M)


def without_cases(folder, pack):
    write("proof: []\n", folder, pack, "tests/proof.yaml")


def without_file(folder, pack):
    os.remove(os.path.join(folder, pack, "tests/proof.yaml"))


def without_expectations(folder, pack):
    write(NOTHING.sub("", text_of(folder, pack, "tests/proof.yaml") + "\n"), folder, pack, "tests/proof.yaml")


def with_empty_lists(folder, pack):
    write(NOTHING.sub(lambda m: m[0].split(":")[0] + ": []\n", text_of(folder, pack, "tests/proof.yaml") + "\n"), folder, pack, "tests/proof.yaml")


def without_rows(folder, pack):
    """The expectations go with the rows, or they would be missed."""
    with_empty_lists(folder, pack)
    tests = os.path.join(folder, pack, "tests")
    for name in os.listdir(tests):
        if name.endswith(".csv"):
            write(text_of(tests, name).split("\n")[0] + "\n", tests, name)


def an_emptied_proof_fails():
    for emptied in (without_cases, without_file, without_expectations, with_empty_lists, without_rows):
        folder = copy(emptied.__name__)
        for pack in OURS + ["school_water_inspect"]:
            emptied(folder, pack)
        done = bihuan("pack", "test", folder)
        equal(done.status, 65)
        for pack in OURS + ["school_water_inspect"]: # each by itself, in a folder where the others are as they were
            assert f"{folder}/{pack}/" in done.out, (emptied, pack, done)


def one_list_that_is_emptied_is_missed():
    """Any list of expectations of any case: of a pack that has all of them."""
    for pack in ("immunization",):
        text = text_of(PACKS, pack, "tests/proof.yaml") + "\n"
        lists = [m for m in NOTHING.finditer(text) if "      " in m[0]]
        assert {m[0].split(":")[0].strip() for m in lists} == set(LISTS.split("|"))
        folder = copy(f"lists-{pack}")
        for m in {m[0].split(":")[0]: m for m in lists}.values(): # one of each kind
            write(text[:m.start()] + m[0].split(":")[0] + ": []\n" + text[m.end():], folder, pack, "tests/proof.yaml")
            equal((m[0], bihuan("pack", "test", pack, folder).status), (m[0], 65))


def a_proof_must_have_samples_for_sources():
    folder = copy("samples")
    text = text_of(folder, "immunization/tests/proof.yaml")
    write(re.sub(r"    sample: .*\n", "", text), folder, "immunization/tests/proof.yaml")
    done = bihuan("pack", "test", "immunization", folder)
    assert done.status == 65 and "(.ndjson) [pack-unproved]" in done.out and "(.hl7) [pack-unproved]" in done.out, done
    write(text, folder, "immunization/tests/proof.yaml")
    sample = text_of(folder, "immunization/tests/vaccination_hl7.hl7")
    write(sample.replace("RXA|", "RXB|"), folder, "immunization/tests/vaccination_hl7.hl7")
    done = bihuan("pack", "test", "immunization", folder)
    assert done.status == 65 and "the sample gives" in done.out, done


def a_proof_must_show_a_line_and_a_report():
    """Every pack that has such, with all lists of one kind gone: told which."""
    for kind, said in (("signals", "shows a score under a line of quality"), ("reports", "shows who is expected to report")):
        folder = copy(f"without-{kind}")
        for pack in OURS + ["school_water_inspect"]:
            text = text_of(folder, pack, "tests/proof.yaml") + "\n"
            gone = re.sub(rf"^    {kind}:\n(?:      .*\n)*", "", text, flags=re.M)
            assert gone != text, (pack, kind)
            write(gone, folder, pack, "tests/proof.yaml")
        done = bihuan("pack", "test", folder)
        equal(done.status, 65)
        for pack in OURS + ["school_water_inspect"]:
            assert re.search(rf"/{pack}/pack.yaml:.* {said}", done.out), (kind, pack, done)


# --- Weakened ----------------------------------------------------------------------------------------------------------------------

WEAK = {"row": 'check: "1 = 1"', "set": 'check: "1 = 1"', "link": 'when: "1 = 2"', "unique": 'when: "1 = 2"', "total": "tolerance_percent: 100", "volume": "deviations: 100"}


def datasets(pack, folder):
    for dataset in bihuan("pack", "show", pack, folder, "--json").json["datasets"]:
        name = dataset["dataset"].split(".")[1]
        yield name, bihuan("pack", "show", dataset["dataset"], folder, "--json").json


def every_rule_that_is_weakened_is_missed():
    folder = copy("rules")
    of_all = 0
    for pack in OURS + ["school_water_inspect"]: # one by one: what uses a pack whose proof fails is not looked at
        out, weakened = ["datasets:"], []
        for name, dataset in datasets(pack, folder):
            out += [f"  {name}:", "    rules:"] if dataset["rules"] else []
            for rule in dataset["rules"]:
                out.append(f"      - {{id: {rule['rule']}, {WEAK[rule['kind']]}}}")
                weakened.append(rule["rule"])
        write("\n".join(out) + "\n", folder, "local", pack, "pack.yaml")
        done = bihuan("pack", "test", pack, folder)
        equal(done.status, 65)
        missed = set(re.findall(r"/tests/proof\.yaml:.* does not break the rule '(\w+)'", done.out))
        equal((pack, [one for one in weakened if one not in missed]), (pack, []))
        shutil.rmtree(os.path.join(folder, "local"))
        of_all += len(weakened)
    assert of_all > 200


def duties(pack, folder):
    """Names of a pack's duties with what stands below them."""
    text = text_of(folder, pack, "pack.yaml")
    part = re.search(r"^duties:\n((?:  .*\n)*)", text + "\n", re.M)
    return re.findall(r"^  (\w+):\n((?:    .*\n)*)", part[1], re.M) if part else []


def every_duty_that_is_changed_is_missed():
    changes = {"done": lambda body: '{done_by: {where: "1 = 2"}}', "due": lambda body: None if "due:" not in body else
               '{due: "add_days(%s, 1)"}' % re.search(r'due: "?(.*?)"?\n', body)[1], "when": lambda body: '{when: "1 = 2"}'}
    for change, make in changes.items():
        folder = copy(f"duties-{change}")
        changed = []
        for pack in ("immunization", "maternal", "chronic"):
            lines = [f"  {name}: {make(body)}" for name, body in duties(pack, folder) if make(body)]
            changed += [line.split(":")[0].strip() for line in lines]
            if lines:
                write("duties:\n" + "\n".join(lines) + "\n", folder, "local", pack, "pack.yaml")
        done = bihuan("pack", "test", folder)
        equal(done.status, 65)
        missed = set(re.findall(r"row \d+: '(\w+)' is ", done.out))
        left = [name for name in changed if name not in missed]
        if change == "done":
            left = [name for name in left if name not in NEVER_DONE]
        equal((change, left), (change, []))
        assert len(changed) > 20


NEVER_DONE = set() # filled by what a proof shows as done of no one: see a_duty_is_shown_done


def a_duty_is_shown_done():
    """Of duties that no case shows as done, a weaker done_by is not found: they are counted here, so that they do not grow."""
    for pack in ("immunization", "maternal", "chronic"):
        wants = re.findall(r"\{duty: (\w+),.*state: (\w+)\}", text_of(PACKS, pack, "tests/proof.yaml"))
        done = {duty for duty, state in wants if state in ("done", "late")}
        NEVER_DONE.update(duty for duty, _ in wants if duty not in done)
    assert len(NEVER_DONE) <= 12, sorted(NEVER_DONE)


FUNCTIONS = "reporter, disease_control, cdc, primary_care, drug_policy, mch, maternal, supervision"


def steps_that_are_opened_are_missed():
    """What a step needs, its condition and who may take it."""
    for what in ("needs", "by"):
        folder = copy(f"steps-{what}")
        for pack in ("chronic", "drug_shortage", "immunization", "maternal", "notifiable", "school_water_inspect"):
            text = text_of(folder, pack, "pack.yaml")
            flows = re.search(r"^flows:\n(?:  .*\n)*", text + "\n", re.M)[0]
            opened = re.sub(r", needs: \[[^\]]*\]", "", flows) if what == "needs" else re.sub(r"by: \[[\w, ]*\]", f"by: [{FUNCTIONS}]", flows)
            write(text.replace(flows.rstrip(), opened.rstrip()), folder, pack, "pack.yaml")
        done = bihuan("pack", "test", folder)
        equal(done.status, 65)
        for pack in ("chronic", "drug_shortage", "immunization", "maternal", "notifiable", "school_water_inspect"):
            assert re.search(rf"/{pack}/tests/proof.yaml:.* is taken, and not refused", done.out), (what, pack, done)


def tried(pack, folder):
    """Lines of the proof that say until when a case had to go on: (line, step)."""
    lines = text_of(folder, pack, "tests/proof.yaml").splitlines()
    return [(n, re.search(r"step: (\w+)", line)[1]) for n, line in enumerate(lines, 1) if "step: " in line and "due: " in line]


def deadlines_that_are_moved_are_missed():
    """Each time of each flow is a unit longer: every line that says until when is wrong, and every step that has a time has such a line."""
    folder = copy("deadlines")
    for pack in ("chronic", "drug_shortage", "immunization", "maternal", "notifiable"):
        text = text_of(folder, pack, "pack.yaml")
        flows = re.search(r"^flows:\n(?:  .*\n)*", text + "\n", re.M)[0]
        timed = re.findall(r"^      (\w+): \{.*within: ", flows, re.M)
        equal((pack, sorted(set(timed) - {step for _, step in tried(pack, folder)})), (pack, []))
        later = re.sub(r"within: (\d+)((?: working)? \w+?)s?\b", lambda m: f"within: {int(m[1]) + 1}{m[2]}s", flows)
        write(text.replace(flows.rstrip(), later.rstrip()), folder, pack, "pack.yaml")
        done = bihuan("pack", "test", pack, folder)
        equal(done.status, 65)
        missed = {int(n) for n in re.findall(r"/tests/proof\.yaml:(\d+):.* is due by ", done.out)}
        equal((pack, [n for n, _ in tried(pack, folder) if n not in missed]), (pack, []))


def what_a_deadline_is_said_by_is_checked():
    for said, found in (("at: 2027-01-01 09:20", "time does not go back"), ("at: 2027-01-02", "is not an instant"), ("at: 2027-01-02 09:20, due: soon", "and not a day"),
                        ("at: 2027-01-02 09:20, by: primary_care", "no step of the flow is taken by")):
        folder = copy(re.sub(r"\W+", "-", said))
        text = text_of(folder, "notifiable", "tests/proof.yaml")
        line = next(line for line in text.splitlines() if "at: 2027-01-02 00:00" in line)
        if "by:" in said:
            changed = line.replace("by: reporter", "by: primary_care")
        elif "due:" in said:
            changed = re.sub(r"due: [\d :-]+", "due: soon", line)
        else:
            changed = line.replace("at: 2027-01-02 00:00", said)
        write(text.replace(line, changed), folder, "notifiable", "tests/proof.yaml")
        done = bihuan("pack", "check", folder)
        assert done.status == 65 and found in done.out, (said, done)


def a_line_that_is_lowered_is_missed():
    folder = copy("lines")
    lowered = 0
    for pack in OURS:
        lines = [f"  {name}:\n    quality: {{line: 1}}" for name in re.findall(r"    dataset: (\w+)\n(?:    (?!dataset:).*\n)*    signals:\n", text_of(PACKS, pack, "tests/proof.yaml") + "\n")]
        lowered += len(lines)
        write("datasets:\n" + "\n".join(lines) + "\n", folder, "local", pack, "pack.yaml")
    done = bihuan("pack", "test", folder)
    equal(done.status, 65)
    equal(len(OURS), lowered)
    for pack in OURS:
        assert re.search(rf"/{pack}/tests/proof.yaml:.* is not under the line", done.out), (pack, done)


def what_is_found_is_printed_for_who_writes_a_proof():
    done = bihuan("pack", "test", "--found", "immunization", PACKS)
    equal(done.status, 0)
    for line in ("  - id: schedule", "      - {duty: mmr_2, row: 1, due: 2026-09-01, state: done}", "      - {org: 丁街道社区卫生服务中心, period: 2026-10, score: 0}"):
        assert line + "\n" in done.out, (line, done)


if __name__ == "__main__":
    run(all_ours_come_out, a_pack_is_named_as_one_likes, a_new_pack_passes, an_emptied_proof_fails, one_list_that_is_emptied_is_missed, a_proof_must_have_samples_for_sources, a_proof_must_show_a_line_and_a_report,
        every_rule_that_is_weakened_is_missed, a_duty_is_shown_done, every_duty_that_is_changed_is_missed, steps_that_are_opened_are_missed, deadlines_that_are_moved_are_missed,
        what_a_deadline_is_said_by_is_checked, a_line_that_is_lowered_is_missed, what_is_found_is_printed_for_who_writes_a_proof)
