#!/usr/bin/env python3
"""Every command with wrong arguments: no crash, a message that names the command, the right exit status. And what is made from the table of commands."""
import os
import re
import subprocess
import tempfile

from lib import BINARY, SOURCE, bihuan, equal, run

USAGE, NOT_FOUND = 64, 66
MANY = [f"/nowhere/{i}" for i in range(40)]


def names_below(heading, *words):
    out = bihuan("help", *words).out
    return [line.split()[0] for line in out.split(heading, 1)[1].splitlines() if re.match(r"  [a-z]", line)]


def calls():
    """Each command's words, its usage line."""
    for name in names_below("OPERAND...]\n"):
        page = bihuan("help", name).out
        if "CALL [OPTION" not in page:
            yield [name], page
            continue
        for call in names_below("\n\n", name):
            yield [name, call], bihuan("help", name, call).out


ALL = list(calls())


def operands_of(page):
    return re.sub(r"\[--[^\]]*\]", "", page.splitlines()[0]).split("bihuan ", 1)[1].split()[:]


def sane(done, *statuses):
    assert done.status in statuses, f"exit {statuses} was expected: {done}"
    assert "assertion" not in done.complaint.lower() and "ERROR **" not in done.complaint, done


def there_are_all_commands():
    names = {w[0] for w, _ in ALL}
    assert {"read", "serve", "demo", "org", "user", "plan", "ledger", "job", "audit", "pack", "key", "backup", "restore", "upgrade", "doctor", "config", "help",
            "completion"} <= names, names
    assert len(ALL) > 60, len(ALL)


def an_unknown_option_is_refused():
    for words, _ in ALL:
        done = bihuan(*words, "--nonsense")
        sane(done, USAGE)
        equal(done.complaint.splitlines()[0], f"bihuan {' '.join(words)}: no option '--nonsense'")
        assert f"see: bihuan help {' '.join(words)}" in done.complaint, done


def an_option_without_its_value_is_refused():
    for words, page in ALL:
        for option in re.findall(r"\[--([a-z-]+) [^\]]+\]", page.splitlines()[0])[:3]:
            done = bihuan(*words, f"--{option}")
            sane(done, USAGE)
            assert "lacks its value" in done.complaint, done


def too_many_operands_are_refused():
    for words, page in ALL:
        if "..." in page.splitlines()[0]:
            continue
        done = bihuan(*words, *MANY)
        sane(done, USAGE)


def too_few_operands_are_refused():
    for words, page in ALL:
        needed = [o for o in operands_of(page)[len(words):] if not o.startswith("[")]
        if needed:
            sane(bihuan(*words), USAGE)


def nobody_does_nobodys_work():
    count = 0
    for words, page in ALL:
        needed = [o for o in operands_of(page)[len(words):] if not o.startswith("[")]
        if words[0] == "ledger" or (words[0] == "plan"):
            done = bihuan(*words, *needed)
            sane(done, USAGE)
            assert "--as USER is missing" in done.complaint, done
            count += 1
    assert count > 25, count


def no_store_is_made_by_the_way():
    with tempfile.TemporaryDirectory() as folder:
        for words, page in ALL:
            if words[0] in ("serve", "demo", "read", "key", "config", "help", "completion", "restore", "doctor", "pack") or list(words[:2]) == ["audit", "check"]:
                continue
            needed = [o for o in operands_of(page)[len(words):] if not o.startswith("[")]
            extra = [w for o in ("check",) if f"[--{o}]" in page for w in (f"--{o}",)]
            as_user = ["--as", "somebody"] if "[--as USER]" in page else []
            done = bihuan(*words, *needed, *extra, *as_user, "--data", os.path.join(folder, "data"), env={"BIHUAN_PASSWORD": "x"}, cwd=folder)
            sane(done, NOT_FOUND)
            assert "there is no store in" in done.complaint, done
        equal(os.listdir(folder), [], "what was made")


def a_bad_configuration_is_named():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "bad.conf")
        with open(path, "w") as f:
            f.write("[server]\nport=many\n")
        for words in (["serve"], ["org", "list"], ["doctor"], ["audit", "verify"]):
            done = bihuan(*words, "--config", path, cwd=folder)
            sane(done, 65)
            assert "bad.conf:2" in done.complaint, done
        sane(bihuan("org", "list", "--config", path + "x", cwd=folder), NOT_FOUND)


def a_wrong_name_is_refused():
    equal(bihuan("nonsense").status, USAGE)
    for group in ("org", "user", "plan", "ledger", "job", "audit", "pack"):
        sane(bihuan(group), USAGE)
        done = bihuan(group, "nonsense")
        sane(done, USAGE)
        assert done.complaint.startswith(f"bihuan {group}: no 'nonsense'"), done
    sane(bihuan("help", "org", "nonsense"), USAGE)
    sane(bihuan("help", "nonsense"), USAGE)


def each_has_its_help():
    for words, _ in ALL:
        for more in (["--help"], ["-h"]):
            done = bihuan(*words, *more)
            sane(done, 0)
            assert done.out.startswith(f"usage: bihuan {' '.join(words)}"), done
        for line in bihuan("help", *words).out.splitlines():
            assert line.isascii(), line
    for group in ("org", "ledger"):
        sane(bihuan(group, "--help"), 0)


def the_man_page_is_current():
    with open(os.path.join(SOURCE, "docs", "bihuan.1"), encoding="utf-8") as f:
        equal(f.read() == bihuan("help", "--man").out, True, "docs/bihuan.1 is what `bihuan help --man` prints")


def the_page_of_settings_is_current():
    with open(os.path.join(SOURCE, "docs", "configuration.md"), encoding="utf-8") as f:
        equal(f.read() == bihuan("config", "--markdown").out, True, "docs/configuration.md is what `bihuan config --markdown` prints")


def commands_in(path):
    """Lines of a page that are commands, without what stands behind a remark or a pipe."""
    with open(os.path.join(SOURCE, "docs", path), encoding="utf-8") as f:
        for line in f:
            if re.match(r"    (\$ )?bihuan [a-z]+( |$)", line) and ": '" not in line:
                yield re.split(r" +[#|>]", line.strip().removeprefix("$ "))[0].split()[1:]
            yield from (m.split()[1:] for m in re.findall(r"`(bihuan [a-z]+[^`]*)`", line))


def the_documentation_names_what_is_there():
    pages = {tuple(words): page for words, page in ALL}
    count = 0
    for path in ("commands.md", "operating.md", "guide.md", "guide.zh-CN.md", "reader.md", "configuration.md"):
        for line in commands_in(path):
            words = tuple(w for w in line if w.isascii() and w not in ("COMMAND", "CALL"))
            known = pages.get(words[:2]) or pages.get(words[:1]) or (len(words) == 1 and bihuan("help", *words).out)
            assert known, f"docs/{path}: bihuan {' '.join(line)}"
            for option in (w for w in words if w.startswith("--")):
                assert f"[{option}]" in known or f"[{option} " in known, f"docs/{path}: bihuan {' '.join(line)}: no {option}"
            count += 1
    assert count > 50, count


def complete(*words):
    script = f'. <("{BINARY}" completion bash); COMP_WORDS=({" ".join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}; _bihuan; echo "${{COMPREPLY[@]}}"'
    return subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, timeout=20).stdout.split()


def the_shell_completes():
    equal(complete("bihuan", "led"), ["ledger"])
    equal(complete("bihuan", "ledger", "acc"), ["accept"])
    equal(complete("bihuan", "ledger", "accept", "--no"), ["--note"])
    equal(complete("bihuan", "backup", "--da"), ["--data"])
    assert "--check" in complete("bihuan", "org", "import", "--c"), complete("bihuan", "org", "import", "--c")


def the_configuration_prints_and_loads():
    with tempfile.TemporaryDirectory() as folder:
        text = bihuan("config").out
        assert "#port=8420" in text, text
        with open(os.path.join(folder, "bihuan.conf"), "w") as f:
            f.write(text.replace("#port=8420", "port=8421"))
        done = bihuan("config", "--values", cwd=folder)
        sane(done, 0)
        line = next(l for l in done.out.splitlines() if l.startswith("server.port"))
        assert "8421" in line and "bihuan.conf:" in line, line


if __name__ == "__main__":
    run(there_are_all_commands, an_unknown_option_is_refused, an_option_without_its_value_is_refused, too_many_operands_are_refused,
        too_few_operands_are_refused, nobody_does_nobodys_work, no_store_is_made_by_the_way, a_bad_configuration_is_named, a_wrong_name_is_refused,
        each_has_its_help, the_man_page_is_current, the_page_of_settings_is_current, the_documentation_names_what_is_there, the_shell_completes, the_configuration_prints_and_loads)
