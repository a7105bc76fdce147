#!/usr/bin/env python3
"""The event log as people read it, and its proof as a file that is held without the store."""
import json
import os
import subprocess
import tempfile

from lib import BINARY, Demo, equal, problem, run


def events(query="", session=None):
    return SERVER.get("/api/v1/events?limit=500" + query, session=session or AUDITOR).json["rows"]


def events_say_what_changed_in_words():
    task = SERVER.get("/api/v1/tasks?mine=1&role=lead&state=issued&limit=1", session=HEAD).json["rows"][0]
    path = f"/api/v1/tasks/{task['uid']}"
    done = SERVER.post(path + "/do/accept", {}, session=HEAD, headers={"If-Match": f'"{task["version"]}"'})
    equal(done.status, 200, done.body[:200])
    event = SERVER.get(path + "/events?limit=500", session=HEAD).json["rows"][-1]
    equal(event["changes"], [{"field": "state", "of": None, "value": "working", "name": None, "digest": False}], "what changed")
    first = SERVER.get(path + "/events?limit=1", session=HEAD).json["rows"][0]
    issuer = next(c for c in first["changes"] if c["field"] == "issuer")
    assert issuer["name"] and issuer["value"] != issuer["name"], issuer
    assert all(c["value"] is None or "sm3:" not in c["value"] for c in first["changes"]), first["changes"]


def filters_by_person_object_kind_and_day():
    own = SERVER.get("/api/v1/session", session=SECURITY).json
    uid, today = own["account"]["uid"], own["today"]
    made = SERVER.post("/api/v1/accounts", {"username": "audit.test", "person": {"name": "甲"}, "org": own["org"]["uid"], "roles": ["handler"]}, session=SECURITY).json["uid"]
    SERVER.post(f"/api/v1/accounts/{made}/grants", {"role": "reviewer", "where": {"kind": "area", "area": "9901"}, "to": "2027-01-01"}, session=SECURITY)
    rows = events(f"&object={made}")
    equal([r["verb"] for r in rows], ["grant-add", "account-create"], "of one object, the newest first")
    equal((rows[0]["object"]["title"], rows[0]["by"]["uid"]), ("甲 (audit.test)", uid), "who and whom")
    equal({k: rows[0]["data"][k] for k in ("role", "where_kind", "where", "to")}, {"role": "reviewer", "where_kind": "area", "where": "9901", "to": "2027-01-01"}, "all of the grant")
    assert {r["by"]["uid"] for r in events(f"&account={uid}")} == {uid}
    assert {r["verb"] for r in events("&verb=grant-add,log-in")} == {"grant-add", "log-in"}
    assert {r["object"]["kind"] for r in events("&kind=account")} == {"account"}
    assert all(r["at"].startswith(today) for r in events(f"&from={today}&to={today}"))
    equal(events("&to=2020-01-01"), [], "before it all")
    problem(SERVER.get("/api/v1/events?from=yesterday", session=AUDITOR), 400, at="query:from")


def check(text, *words):
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".ndjson") as f:
        f.write(text)
        f.flush()
        done = subprocess.run([os.path.abspath(BINARY), "audit", "check", f.name, *words], capture_output=True, timeout=60, check=False, cwd="/")
        return done.returncode, done.stdout.decode() + done.stderr.decode()


def the_proof_is_held_without_the_store():
    answer = SERVER.get("/api/v1/audit/proof", session=AUDITOR)
    equal((answer.status, answer.headers["Content-Type"]), (200, "application/x-ndjson"), "it comes as lines")
    assert "attachment" in answer.headers["Content-Disposition"]
    text = answer.body.decode()
    lines = text.splitlines()
    head = json.loads(lines[-1])["head"]
    equal(SERVER.get("/api/v1/audit/head", session=AUDITOR).json["hash"], head["hash"], "to the end")
    key = SERVER.data + ".key"
    for words in ((), ("--key-path", key), ("--head", head["hash"])):
        status, said = check(text, *words)
        equal(status, 0, said[-300:])
    last = max(n for n, line in enumerate(lines) if line.startswith('{"body"'))
    attacks = {
        "a changed byte": text.replace('"verb\\":\\"log-in', '"verb\\":\\"log-on', 1),
        "a cut end": "\n".join(lines[:last] + lines[last + 1:]) + "\n",
        "no end": "\n".join(lines[:-1]) + "\n",
        "swapped events": "\n".join(lines[:5] + [lines[6], lines[5]] + lines[7:]) + "\n",
        "one left out": "\n".join(lines[:9] + lines[10:]) + "\n",
    }
    for name, attacked in attacks.items():
        assert attacked != text, name
        status, said = check(attacked)
        assert status != 0 and "event " in said, f"{name}: {status} {said[-300:]}"
    status, said = check(text.replace(head["mac"], "0" * 64), "--key-path", key)
    assert status != 0 and "anchor-forged" in said, said
    status, said = check(text, "--head", "0" * 64)
    assert status != 0 and "head-unknown" in said, said
    equal(check("hello\n")[0], 65, "that is none")


def a_part_of_it_and_who_may_not():
    part = SERVER.get("/api/v1/audit/proof?from=5&to=9", session=AUDITOR).body.decode()
    equal([json.loads(line).get("seq") for line in part.splitlines()[1:6]], [5, 6, 7, 8, 9], "from the fifth to the ninth")
    equal(check(part)[0], 0, "holds too")
    problem(SERVER.get("/api/v1/audit/proof?from=0", session=AUDITOR), 400, at="query:from")
    problem(SERVER.get("/api/v1/audit/proof?from=9&to=5", session=AUDITOR), 400, at="query:to")
    refused = problem(SERVER.get("/api/v1/audit/proof", session=INSPECTOR), 403, "no-role")
    equal(refused["params"]["role"], "audit_admin", "who may")


def what_is_not_shown_says_who_sees_it():
    closed = {c["section"]: (c["why"], c["role"]) for c in SERVER.get("/api/v1/session", session=HEAD).json["closed"]}
    equal(closed, {"users": ("no-role", "security_admin"), "audit": ("no-role", "audit_admin")}, "for a head")


def each_refusal_has_words_in_both_languages():
    texts = [json.load(open(os.path.join(os.environ["SOURCE_ROOT"], "i18n", f"{one}.json"), encoding="utf-8")) for one in ("zh", "en")]
    seen = set()
    for method, path, body, session in (
            ("GET", "/accounts", None, HEAD), ("GET", "/audit/proof", None, INSPECTOR), ("POST", "/orgs/import", {"upload": "0" * 26}, HEAD),
            ("GET", "/tasks/" + "0" * 26, None, HEAD), ("POST", "/session", {"username": "x", "password": "y"}, None), ("GET", "/session", None, None),
            ("POST", "/groups", {"name": "x", "kind": "other", "members": []}, HEAD), ("POST", "/session", {"username": 1}, None)):
        answer = SERVER.request(method, "/api/v1" + path, body, session=session)
        assert answer.status >= 400, (method, path, answer.status)
        seen.add(answer.json["code"])
    for code in seen:
        assert all(f"why.{code}" in one or f"error.{code}" in one for one in texts), f"'{code}' has no words"


if __name__ == "__main__":
    with Demo() as SERVER:
        HEAD, SECURITY, AUDITOR, INSPECTOR = (SERVER.login(name) for name in ("head01", "secadmin01", "auditadmin01", "inspector01"))
        run(events_say_what_changed_in_words, filters_by_person_object_kind_and_day, the_proof_is_held_without_the_store, a_part_of_it_and_who_may_not,
            what_is_not_shown_says_who_sees_it, each_refusal_has_words_in_both_languages)
