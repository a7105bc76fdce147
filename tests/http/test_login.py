#!/usr/bin/env python3
"""Second factors, sessions and tokens, on the program itself in which administrators and leaders need a second factor."""
import base64
import datetime
import hashlib
import hmac
import os
import struct

from lib import Demo, equal, problem, run

PASSWORD = "shili-2026"


def code_of(secret, step):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[19] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


def step_now():
    """The store's clock is a demo's: it stands."""
    now = datetime.datetime.fromisoformat(SERVER.get("/api/v1/session", session=HANDLER).json["now"])
    return int(now.timestamp()) // 30


def log_in(username, code=None, password=PASSWORD):
    body = {"username": username, "password": password}
    if code is not None:
        body["code"] = code
    return SERVER.post("/api/v1/session", body, session=None)


def session_of(answer):
    equal(answer.status, 200, answer.body[:200])
    cookie = answer.headers["Set-Cookie"].split(";")[0]
    return {"Cookie": cookie, "X-CSRF-Token": SERVER.get("/api/v1/session", session={"Cookie": cookie}).json["csrf"]}


def enrol(session, step):
    """The secret and the recovery codes of whoever's session it is."""
    begun = SERVER.post("/api/v1/session/totp", session=session)
    equal(begun.status, 200, begun.body[:200])
    secret = begun.json["secret"]
    assert f"secret={secret}" in begun.json["uri"] and begun.json["uri"].startswith("otpauth://totp/"), begun.json
    problem(SERVER.post("/api/v1/session/totp/confirm", {"code": "000000"}, session=session), 400, "totp-wrong", at="/code")
    done = SERVER.post("/api/v1/session/totp/confirm", {"code": code_of(secret, step)}, session=session)
    equal((done.status, len(done.json["recovery"])), (200, 10), "confirmed")
    return secret, done.json["recovery"]


def without_it_an_administrator_may_only_get_it():
    session = session_of(log_in("secadmin01"))
    equal(SERVER.get("/api/v1/session", session=session).json["totp"], {"on": False, "required": True, "recovery_left": 0}, "what is asked")
    for path in ("/accounts", "/orgs", "/sessions", "/tokens", "/jobs"):
        problem(SERVER.get("/api/v1" + path, session=session), 403, "totp-missing")
    enrol(session, step_now())
    equal(SERVER.get("/api/v1/accounts", session=session).status, 200, "with it")
    equal(SERVER.get("/api/v1/session", session=session).json["totp"], {"on": True, "required": True, "recovery_left": 10}, "on")
    problem(SERVER.post("/api/v1/session/totp", session=session), 409, "totp-on")
    equal(SERVER.get("/api/v1/session", session=HANDLER).json["totp"]["required"], False, "a handler needs none")


def the_code_is_asked_for_and_good_once():
    session = session_of(log_in("leader01"))
    problem(SERVER.get("/api/v1/tasks", session=session), 403, "totp-missing")
    step = step_now()
    secret, recovery = enrol(session, step - 1)
    problem(log_in("leader01"), 401, "code-needed")
    problem(log_in("leader01", password="wrong"), 401, "bad-login")
    problem(log_in("leader01", "wrong"), 401, "code-wrong")
    problem(log_in("leader01", code_of(secret, step - 1)), 401, "code-wrong")  # it confirmed the factor: used
    problem(log_in("leader01", code_of(secret, step + 5)), 401, "code-wrong")
    equal(log_in("leader01", code_of(secret, step)).status, 200, "now")
    problem(log_in("leader01", code_of(secret, step)), 401, "code-wrong")
    equal(log_in("leader01", recovery[0].upper().replace("-", " ")).status, 200, "a recovery code as it was noted down")
    problem(log_in("leader01", recovery[0]), 401, "code-wrong")
    equal(SERVER.get("/api/v1/session", session=session).json["totp"]["recovery_left"], 9, "left")


def wrong_codes_lock_like_wrong_passwords():
    session = session_of(log_in("sysadmin01"))
    secret, _ = enrol(session, step_now() - 1)
    for _ in range(5):
        problem(log_in("sysadmin01", "123456"), 401, "code-wrong")
    problem(log_in("sysadmin01", code_of(secret, step_now())), 423, "locked")


def only_the_password_switches_it_off_and_the_security_administrator_for_others():
    session = session_of(log_in("head01"))
    secret, recovery = enrol(session, step_now() - 1)
    problem(SERVER.request("DELETE", "/api/v1/session/totp", {"password": "guess"}, session=session), 401, "bad-login")
    equal(SERVER.request("DELETE", "/api/v1/session/totp", {"password": PASSWORD}, session=session).status, 204, "off")
    equal(log_in("head01").status, 200, "no code any more")
    enrol(session, step_now() - 1)
    problem(SERVER.get("/api/v1/accounts", session=session), 403, "no-role")
    uid = SERVER.get("/api/v1/session", session=session).json["account"]["uid"]
    own = SERVER.get("/api/v1/session", session=SECURITY).json["account"]["uid"]
    problem(SERVER.request("DELETE", f"/api/v1/accounts/{uid}/totp", session=HANDLER), 403, "no-role")
    problem(SERVER.request("DELETE", f"/api/v1/accounts/{own}/totp", session=SECURITY), 403, "own-grant")
    equal(SERVER.request("DELETE", f"/api/v1/accounts/{uid}/totp", session=SECURITY).status, 204, "reset")
    problem(SERVER.get("/api/v1/session", session=session), 401, "session-expired")
    equal(log_in("head01").status, 200, "and the head gets in")


def sessions_are_listed_and_ended():
    first, second = session_of(log_in("handler01")), session_of(log_in("handler01"))
    rows = SERVER.get("/api/v1/sessions", session=first).json["rows"]
    equal([r["current"] for r in rows].count(True), 1, "this one")
    assert len(rows) >= 3 and all(r["via"] == "http" for r in rows), rows
    other = SERVER.get("/api/v1/sessions", session=second).json["rows"]
    second_uid = next(r["uid"] for r in other if r["current"])
    problem(SERVER.request("DELETE", f"/api/v1/sessions/{second_uid}", session=session_of(log_in("issuer01"))), 404)
    equal(SERVER.request("DELETE", f"/api/v1/sessions/{second_uid}", session=first).status, 204, "ended")
    problem(SERVER.get("/api/v1/session", session=second), 401, "session-expired")
    uid = SERVER.get("/api/v1/session", session=first).json["account"]["uid"]
    problem(SERVER.get(f"/api/v1/sessions?account={uid}", session=session_of(log_in("issuer01"))), 403, "no-role")
    seen = SERVER.get(f"/api/v1/sessions?account={uid}", session=SECURITY).json["rows"]
    assert seen and not any(r["current"] for r in seen), seen
    first_uid = next(r["uid"] for r in rows if r["current"])
    equal(SERVER.request("DELETE", f"/api/v1/sessions/{first_uid}", session=SECURITY).status, 204, "ended by the administrator")
    problem(SERVER.get("/api/v1/session", session=first), 401, "session-expired")


def a_new_password_ends_all_other_sessions():
    first, second = session_of(log_in("inspector01")), session_of(log_in("inspector01"))
    changed = SERVER.post("/api/v1/session/password", {"old": PASSWORD, "new": "another-2026"}, session=first)
    equal(changed.status, 204, changed.body[:200])
    equal(SERVER.get("/api/v1/session", session=first).status, 200, "this one stays")
    problem(SERVER.get("/api/v1/session", session=second), 401, "session-expired")


def day(offset):
    today = datetime.date.fromisoformat(SERVER.get("/api/v1/session", session=HANDLER).json["today"])
    return (today + datetime.timedelta(days=offset)).isoformat()


def bearer(token):
    return {"Authorization": "Bearer " + token}


def make_token(session, scope, until=30):
    made = SERVER.post("/api/v1/tokens", {"name": "report " + scope, "until": day(until), "scope": scope}, session=session)
    equal(made.status, 201, made.body[:200])
    return made.json


def a_token_acts_as_the_account_within_its_scope():
    issuer = session_of(log_in("issuer01"))
    read, write = make_token(issuer, "read"), make_token(issuer, "write")
    task = SERVER.get("/api/v1/tasks?limit=1", session=bearer(read["token"])).json["rows"][0]["uid"]
    comments = f"/api/v1/tasks/{task}/comments"
    problem(SERVER.post(comments, {"text": "x"}, session=bearer(read["token"])), 403, "token-read")
    equal(SERVER.post(comments, {"text": "x"}, session=bearer(write["token"])).status, 201, "without a CSRF token")
    event = SERVER.get(f"/api/v1/tasks/{task}/events?limit=500", session=issuer).json["rows"][-1]
    equal((event["verb"], event["token"]), ("comment", write["uid"]), "the event says by what it came")
    problem(SERVER.get("/api/v1/accounts", session=bearer(write["token"])), 403, "no-role")
    for method, path, body in (("POST", "/tokens", {"name": "x", "until": day(1), "scope": "read"}), ("POST", "/session/totp", None),
                               ("POST", "/session/password", {"old": PASSWORD, "new": "another-2026"}), ("DELETE", f"/tokens/{read['uid']}", None),
                               ("DELETE", "/session", None)):
        problem(SERVER.request(method, "/api/v1" + path, body, session=bearer(write["token"])), 403, "token-not-here")
    rows = SERVER.get("/api/v1/tokens", session=issuer).json["rows"]
    equal({r["uid"]: bool(r["last_used"]) for r in rows if r["state"] == "good"}, {read["uid"]: True, write["uid"]: True}, "listed with its last use")
    assert not any("token" in r for r in rows), "shown once"
    equal(SERVER.request("DELETE", f"/api/v1/tokens/{read['uid']}", session=issuer).status, 204, "ended")
    problem(SERVER.get("/api/v1/tasks", session=bearer(read["token"])), 401, "bad-token")
    problem(SERVER.request("DELETE", f"/api/v1/tokens/{read['uid']}", session=issuer), 409, "token-over")
    problem(SERVER.request("DELETE", f"/api/v1/tokens/{write['uid']}", session=HANDLER), 404)
    equal(SERVER.request("DELETE", f"/api/v1/tokens/{write['uid']}", session=SECURITY).status, 204, "by the administrator")
    problem(SERVER.get("/api/v1/tasks", session=bearer(write["token"])), 401, "bad-token")


def tokens_that_make_no_sense():
    for wish, at in (({"name": " "}, "/name"), ({"until": day(-1)}, "/until"), ({"until": day(500)}, "/until"), ({"scope": "all"}, "/scope")):
        problem(SERVER.post("/api/v1/tokens", {"name": "x", "until": day(1), "scope": "read", **wish}, session=HANDLER), 400, at=at)


def an_administrators_token_needs_the_second_factor_too():
    session = session_of(log_in("auditadmin01"))
    enrol(session, step_now() - 1)
    token = make_token(session, "read")
    equal(SERVER.get("/api/v1/events", session=bearer(token["token"])).status, 200, "with it")
    equal(SERVER.request("DELETE", "/api/v1/session/totp", {"password": PASSWORD}, session=session).status, 204, "off")
    problem(SERVER.get("/api/v1/events", session=bearer(token["token"])), 403, "totp-missing")


def guessing_tokens_is_slow():
    answers = [SERVER.get("/api/v1/tasks", session=bearer("bihuan_" + "0" * 64)).status for _ in range(25)]
    equal(set(answers[:15]), {401}, "some are answered")
    equal(set(answers[20:]), {429}, "then none")


if __name__ == "__main__":
    os.environ["BIHUAN_SERVER_SECOND_FACTOR"] = "required"
    with Demo() as SERVER:
        HANDLER = session_of(log_in("handler01"))
        SECURITY = session_of(log_in("secadmin01"))
        run(without_it_an_administrator_may_only_get_it, the_code_is_asked_for_and_good_once, wrong_codes_lock_like_wrong_passwords,
            only_the_password_switches_it_off_and_the_security_administrator_for_others, sessions_are_listed_and_ended,
            a_new_password_ends_all_other_sessions, a_token_acts_as_the_account_within_its_scope, tokens_that_make_no_sense,
            an_administrators_token_needs_the_second_factor_too, guessing_tokens_is_slow)
