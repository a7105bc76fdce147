#!/usr/bin/env python3
"""The store from the command line: who owns it, what the owner of its socket may do, people, backup and restore, upgrade, doctor, anchors, and what is found
when somebody tampers with it. SQLite, where the test can reach in."""
import glob
import http.client
import json
import os
import pty
import re
import shutil
import socket
import sqlite3
import threading
import time

from lib import BINARY, PASSWORD, SOURCE, Store, bihuan, equal, run


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("bihuan")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)


def ask(method, path, body=None, headers=None):
    connection = SocketConnection(os.path.join(STORE.data, "bihuan.sock"))
    connection.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None, {"Content-Type": "application/json", **(headers or {})})
    answer = connection.getresponse()
    text = answer.read()
    connection.close()
    return answer.status, json.loads(text) if text else None


# --- One process owns it ----------------------------------------------------------------------------------------------------

def a_second_process_is_refused():
    STORE.serve()
    STORE.refused(69, "serve", "--port", "0", text="another process holds the store")
    STORE.refused(69, "demo", "--no-serve", "--port", "0", text="another process holds the store")
    STORE.refused(69, "upgrade", text="another process holds the store")
    STORE.run("org", "list", "--limit", "1")
    STORE.run("audit", "verify")
    STORE.run("doctor", "--quick")


def commands_share_a_server():
    failures = []

    def work(i):
        done = STORE.try_("org", "list", "--limit", "20", user=None if i % 2 else "handler01")
        if done.status != 0:
            failures.append(done)
    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(failures, [])


def commands_share_a_store_without_a_server():
    STORE.stop()
    commands_share_a_server()
    with socket.socket(socket.AF_UNIX) as s:  # what a crash leaves
        s.bind(os.path.join(STORE.data, "bihuan.sock"))
    STORE.run("org", "list", "--limit", "1")
    STORE.serve("--behind-proxy", "true")
    STORE.run("org", "list", "--limit", "1", user="handler01")
    STORE.stop()
    STORE.serve()


# --- The owner of the socket -----------------------------------------------------------------------------------------------

def who_owns_the_socket_administers():
    status, session = ask("GET", "/session")
    equal(status, 200)
    equal(session["roles"], ["system_admin", "security_admin", "audit_admin"])
    equal((session["account"]["uid"], session["person"]["uid"], session["org"]["uid"]), (None, None, None))
    for path in ("/orgs?limit=1", "/accounts?limit=1", "/events?limit=1", "/jobs?limit=1"):
        equal(ask("GET", path)[0], 200, path)


def and_does_nobodys_work():
    task = STORE.json("ledger", "list", "--limit", "1", user="issuer01")["rows"][0]["uid"]
    document = STORE.json("plan", "documents", "--limit", "1", user="issuer01")["rows"][0]["uid"]
    for path in ("/tasks", "/documents", "/plans", "/work"):
        equal((ask("GET", path)[0], ask("GET", path)[1]["rows"]), (200, []), path)
    for method, path, body in (("GET", f"/tasks/{task}", None), ("POST", f"/tasks/{task}/do/accept", {}), ("GET", f"/documents/{document}", None),
                               ("POST", f"/tasks/{task}/comments", {"text": "x"}), ("POST", "/documents", {"upload": "0" * 26}),
                               ("POST", f"/documents/{document}/issue", {}), ("POST", "/session/password", {"old": PASSWORD, "new": "another-password"})):
        status, problem = ask(method, path, body, {"If-Match": '"1"'})
        equal((status, problem["status"]), (403, 403), f"{method} {path}")


def a_name_without_a_password_is_nobody():
    status, session = ask("GET", "/session", headers={"X-Bihuan-As": "issuer01"})
    equal((status, session["account"]["username"]), (200, None))
    equal(ask("GET", "/session", headers={"Cookie": "bihuan=0123456789abcdefghjkmnpqrs"})[0], 401)
    connection = http.client.HTTPConnection("127.0.0.1", STORE.port)
    connection.request("GET", "/api/v1/orgs")
    equal(connection.getresponse().status, 401)
    connection.close()


def the_event_records_both():
    STORE.run("org", "alias", "疾控处", "疾控处（试）")
    STORE.run("user", "disable", "leader01", user="secadmin01")
    STORE.run("user", "enable", "leader01")
    events = {(e["verb"], e["via"], (e["by"] or {}).get("uid") and e["by"]["name"]) for e in STORE.json("audit", "list", "--limit", "20")["rows"]}
    vias = {(via, by) for _, via, by in events}
    assert ("socket", None) in vias, events
    assert ("socket", "秦林静") in vias, events


def a_job_records_it_too():
    path = STORE.write("orgs.csv", "机构代码,机构名称,简称,类别,上级代码,行政区划,排序\n990000-SHI,示例市试验中心,试验中心,department,990000-WJW,990000,9999\n")
    STORE.run("org", "import", path)
    events = STORE.json("audit", "list", "--limit", "5", "--kind", "org")["rows"]
    assert events and events[0]["via"] == "socket" and events[0]["by"] is None, events
    assert STORE.json("org", "show", "试验中心")["name"] == "示例市试验中心"


def a_bad_file_changes_nothing():
    path = STORE.write("bad.csv", "机构代码,机构名称,类别,上级代码,行政区划\n990000-X1,无上级中心,department,NOWHERE,990000\n")
    head = STORE.run("audit", "verify").out
    for more in ([], ["--check"]):
        done = STORE.refused(65, "org", "import", path, *more, text="nothing was changed: 1 errors")
        assert "parent-unknown" in done.out, done
    equal(STORE.run("audit", "verify").out, head)
    STORE.refused(65, "user", "import", path)


# --- People ----------------------------------------------------------------------------------------------------------------

def passwords_come_three_ways():
    path = STORE.write("password", PASSWORD + "\n")
    STORE.run("ledger", "list", "--limit", "1", "--password-file", path, user="handler01", password="wrong")
    STORE.refused(77, "ledger", "list", user="handler01", password="wrong-password", text="bad-login")
    done = bihuan("ledger", "list", "--as", "handler01", *STORE.where(), cwd=STORE.folder)
    equal(done.status in (64, 77), True, done)
    STORE.refused(64, "ledger", "list", "--password-file", path, text="--as")


def typed(*words):
    """What a terminal shows while the password is typed at it."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(BINARY, [BINARY, *words, *STORE.where()], {k: v for k, v in os.environ.items() if not k.startswith("BIHUAN_")})
    shown = b""
    try:
        while b"password of" not in shown:
            shown += os.read(terminal, 1000)
        time.sleep(0.2)  # the echo is off behind the prompt
        os.write(terminal, PASSWORD.encode() + b"\n")
        while piece := os.read(terminal, 1000):
            shown += piece
    except OSError:  # the terminal has gone with its program
        pass
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def a_password_is_typed_unseen():
    status, shown = typed("ledger", "list", "--limit", "1", "--as", "handler01")
    equal(status, 0, shown)
    assert PASSWORD not in shown and "title" in shown, shown


def a_new_person_sets_a_password_first():
    made = STORE.json("user", "add", "newcomer", "--name", "新来", "--org", "疾控处", "--roles", "handler", "--telephone", "19988887777")
    first = STORE.write("first", made["password"])
    second = STORE.write("second", "a-better-password\n")
    STORE.refused(77, "ledger", "list", user="newcomer", password=made["password"], text="password-first")
    STORE.run("user", "password", "--password-file", first, "--new-password-file", second, user="newcomer")
    STORE.run("ledger", "list", "--limit", "1", user="newcomer", password="a-better-password")
    STORE.refused(75, "user", "add", "newcomer", "--name", "新来", "--org", "疾控处", "--roles", "handler", text="username-taken")
    STORE.refused(64, "user", "add", "another", "--org", "疾控处", "--roles", "handler", text="it needs --name NAME")


def grants_come_and_go():
    STORE.run("user", "grant", "newcomer", "reviewer", "--org", "市卫健委", "--to", "2026-12-31")
    STORE.run("user", "grant", "newcomer", "inspector", "--area", "990000")
    STORE.run("user", "grant", "newcomer", "leader", "--everywhere")
    grants = STORE.json("user", "show", "newcomer")["grants"]
    equal(sorted((g["role"], g["where"]["kind"]) for g in grants if g["role"] != "handler"), [("inspector", "area"), ("leader", "all"), ("reviewer", "org")])
    for g in grants:
        STORE.run("user", "revoke", "newcomer", g["uid"])
    equal(STORE.json("user", "show", "newcomer")["grants"], [])
    STORE.refused(65, "user", "grant", "newcomer", "emperor", "--everywhere", text="no role")
    STORE.refused(66, "user", "show", "nobody", text="no account 'nobody'")
    STORE.run("user", "reset", "newcomer")
    STORE.refused(77, "ledger", "list", user="newcomer", password="a-better-password")


def failures_lock():
    for _ in range(5):
        STORE.refused(77, "ledger", "list", user="reporter01", password="wrong-password")
    STORE.refused(77, "ledger", "list", user="reporter01", text="locked")
    STORE.run("user", "enable", "reporter01")
    STORE.run("org", "list", "--limit", "1", user="reporter01")


# --- Backup, restore -------------------------------------------------------------------------------------------------------------

def a_backup_is_made_beside_the_server():
    STORE.run("backup", STORE.path("backup"))
    files = {os.path.relpath(p, STORE.path("backup")) for p in glob.glob(STORE.path("backup") + "/**", recursive=True)}
    assert {"bihuan.db", "manifest.json", "blobs"} <= files, files
    with open(STORE.key) as key:
        secret = next(line.split()[3] for line in key if line.startswith("key"))
    for path in glob.glob(STORE.path("backup") + "/**", recursive=True):
        if os.path.isfile(path):
            with open(path, "rb") as f:
                assert secret.encode() not in f.read(), path
            equal(os.stat(path).st_mode & 0o077, 0, path)
    STORE.run("restore", STORE.path("backup"), "--check")


def a_damaged_backup_is_refused():
    def copy(name):
        shutil.copytree(STORE.path("backup"), STORE.path(name))
        return STORE.path(name)
    damaged = copy("damaged")
    blob = next(p for p in glob.glob(damaged + "/blobs/*/*"))
    with open(blob, "r+b") as f:
        f.seek(60)
        f.write(b"xxxx")
    STORE.refused(65, "restore", damaged, data=STORE.path("r1"), text="is not what was backed up")
    os.unlink(blob)
    STORE.refused(66, "restore", damaged, data=STORE.path("r1"))
    unfinished = copy("unfinished")
    os.unlink(unfinished + "/manifest.json")
    STORE.refused(66, "restore", unfinished, data=STORE.path("r1"), text="no backup")
    evil = copy("evil")
    with open(evil + "/manifest.json", encoding="utf-8") as f:
        manifest = json.load(f)
    manifest["files"][0]["path"] = "blobs/../../../etc/passwd"
    with open(evil + "/manifest.json", "w", encoding="utf-8") as f:
        json.dump(manifest, f)
    STORE.refused(65, "restore", evil, data=STORE.path("r1"), text="no backup holds")
    equal(os.path.exists(STORE.path("r1")), False, "nothing was made")


def a_restore_needs_the_key_and_an_empty_place():
    backup = STORE.path("backup")
    STORE.refused(66, "restore", backup, data=STORE.path("r2"), key=STORE.path("nokey"), text="a backup never holds the key")
    bihuan("key", "create", "--key-path", STORE.path("otherkey"))
    STORE.refused(75, "restore", backup, data=STORE.path("r2"), key=STORE.path("otherkey"), text="lacks the key")
    STORE.refused(75, "restore", backup, text="there is a store in")
    STORE.run("restore", backup, data=STORE.path("r2"))
    STORE.run("audit", "verify", data=STORE.path("r2"))
    STORE.run("doctor", data=STORE.path("r2"))
    STORE.stop()


# --- Versions ------------------------------------------------------------------------------------------------------------------------

def change(data, *statements):
    db = sqlite3.connect(os.path.join(data, "bihuan.db"))
    for s in statements:
        db.execute(s)
    db.commit()
    db.close()


def take_last_migration_back(data):
    last = sorted(glob.glob(os.path.join(SOURCE, "sql/migrate/*.sql")))[-1]
    with open(last, encoding="utf-8") as f:
        made = re.findall(r"^(?:CREATE (?:VIRTUAL )?(TABLE|VIEW) |ALTER (TABLE) \w+ ADD (?:COLUMN )?)(\w+)", f.read(), re.M)
    assert not any(altered for _, altered, _ in made), "the last migration changes tables of others: say here how it is taken back"
    change(data, "DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)",
           *(f"DROP {kind} {name}" for kind, _, name in reversed(made)))


def an_older_store_is_upgraded_after_a_backup():
    data = STORE.path("r2")
    assert "already" in STORE.run("upgrade", data=data).out
    take_last_migration_back(data)
    STORE.refused(75, "org", "list", data=data, text="bihuan upgrade")
    done = STORE.try_("doctor", data=data)
    assert done.status == 70 and "run: bihuan upgrade" in done.out, done
    STORE.run("upgrade", data=data)
    assert glob.glob(data + "-before-*/manifest.json")
    STORE.run("org", "list", "--limit", "1", data=data)
    STORE.run("doctor", data=data)


def a_newer_store_is_refused():
    data = STORE.path("r2")
    change(data, "INSERT INTO schema_version (version, name) VALUES (999, 'later')")
    for words in (["org", "list"], ["audit", "verify"], ["backup", STORE.path("b9")], ["upgrade"], ["serve", "--port", "0"]):
        STORE.refused(75, *words, data=data, text="newer bihuan")
    change(data, "DELETE FROM schema_version WHERE version = 999")


# --- Tampering ------------------------------------------------------------------------------------------------------------------------

def the_doctor_finds_a_damaged_file():
    data = STORE.path("r2")
    blob = next(p for p in glob.glob(data + "/blobs/*/*"))
    with open(blob, "r+b") as f:
        before = f.read()
        f.seek(60)
        f.write(b"xxxx")
    done = STORE.try_("doctor", data=data)
    assert done.status == 70 and "FAIL  files" in done.out and "are damaged" in done.out, done
    os.unlink(blob)
    done = STORE.try_("doctor", data=data)
    assert done.status == 70 and "FAIL  named" in done.out, done
    with open(blob, "wb") as f:
        f.write(before)
    STORE.run("doctor", data=data)
    os.chmod(data, 0o755)
    assert "FAIL  access" in STORE.try_("doctor", data=data).out
    os.chmod(data, 0o700)


def an_altered_table_is_found():
    data = STORE.path("r2")
    change(data, "UPDATE task SET state = 'closed' WHERE id = (SELECT min(id) FROM task)")
    done = STORE.refused(70, "audit", "rebuild", "--check", data=data, text="differ from the events")
    assert "state is closed" in done.out, done
    change(data, "UPDATE task SET state = 'issued' WHERE id = (SELECT min(id) FROM task)")
    STORE.run("audit", "rebuild", "--check", data=data)


def an_anchor_is_made_every_day():
    out = STORE.run("demo", "--samples", "/nowhere", "--no-serve", "--port", "0", "--advance", "3d").out
    assert "it is now 2026-03-19" in out, out
    with open(os.path.join(STORE.data, "anchors", "2026.jsonl")) as f:
        days = {json.loads(line)["at"][:10] for line in f}
    assert {"2026-03-17", "2026-03-18", "2026-03-19"} <= days, days
    STORE.run("audit", "verify")
    jobs = STORE.json("job", "list", "--kind", "anchor")["rows"]
    assert len(jobs) >= 3 and all(j["state"] == "done" for j in jobs), jobs
    assert STORE.json("job", "show", jobs[0]["uid"])["result"]["seq"] > 0


def a_cut_off_end_is_found_by_the_anchor():
    change(STORE.data, "DELETE FROM event WHERE seq > (SELECT max(seq) - 3 FROM event)")
    done = STORE.refused(70, "audit", "verify", text="the chain does not hold")
    assert "anchor-ahead" in done.out, done


def an_altered_event_is_found():
    change(STORE.path("r2"), "UPDATE event SET body = replace(body, '\"via\":\"command\"', '\"via\":\"http\"') WHERE seq = 5")
    done = STORE.refused(70, "audit", "verify", data=STORE.path("r2"), text="the chain does not hold")
    assert "event 5: hash-differs" in done.out, done


# --- A live store ----------------------------------------------------------------------------------------------------------------------

def a_live_store_begins_with_one_administrator():
    store = Store(demo=False)
    with store:
        store.serve()
        store.stop()
        store.refused(75, "demo", "--samples", "/nowhere", "--no-serve", "--port", "0", "--advance", "1d", text="is not a demo")
        users = store.json("user", "list")["rows"]
        equal([u["roles"] for u in users], [["security_admin"]])
        orgs = store.write("orgs.csv", "机构代码,机构名称,类别,上级代码,行政区划,排序\nA,试验市卫生健康委员会,commission,,990000,1\nB,试验处,department,A,990000,2\n")
        store.run("org", "import", orgs)
        people = store.write("people.csv", "账号,姓名,机构代码,角色,职务,电话,证件号码\ntester,试验,B,handler,,19900000000,990000196401010012\n")
        store.run("user", "import", people)
        password = store.json("user", "reset", "tester")["password"]
        store.refused(77, "ledger", "list", user="tester", password=password, text="password-first")
        store.run("doctor")


if __name__ == "__main__":
    with Store() as STORE:
        run(a_second_process_is_refused, commands_share_a_server, commands_share_a_store_without_a_server, who_owns_the_socket_administers, and_does_nobodys_work, a_name_without_a_password_is_nobody,
            the_event_records_both, a_job_records_it_too, a_bad_file_changes_nothing, passwords_come_three_ways, a_password_is_typed_unseen, a_new_person_sets_a_password_first,
            grants_come_and_go, failures_lock, a_backup_is_made_beside_the_server, a_damaged_backup_is_refused, a_restore_needs_the_key_and_an_empty_place,
            an_older_store_is_upgraded_after_a_backup, a_newer_store_is_refused, the_doctor_finds_a_damaged_file, an_altered_table_is_found,
            a_live_store_begins_with_one_administrator, an_anchor_is_made_every_day, a_cut_off_end_is_found_by_the_anchor, an_altered_event_is_found)
