#!/usr/bin/env python3
"""The program itself, with the city of the samples: what holds for every route of the API."""
import api
from lib import Demo, equal, problem, run


def nobody_is_told_which_was_wrong():
    for username, password in (("issuer01", "wrong-password"), ("nobody", "shili-2026"), ("", ""), ("issuer01", "x" * 5000)):
        problem(SERVER.post("/api/v1/session", {"username": username, "password": password}, session=None), 401, "bad-login")


def a_session_ends_with_its_logout():
    session = SERVER.login("handler01")
    equal(SERVER.get("/api/v1/session", session=session).status, 200)
    assert SERVER.request("DELETE", "/api/v1/session", session=session).status in (200, 204)
    problem(SERVER.get("/api/v1/work", session=session), 401)


def no_list_answers_with_more_than_its_limit():
    for path in ("orgs", "tasks", "documents", "accounts", "events", "jobs"):
        page = SERVER.get(f"/api/v1/{path}?limit=3", session=SESSION if path not in OF_OTHERS else OF_OTHERS[path])
        equal(page.status, 200, path)
        assert len(page.json["rows"]) <= 3, path


def the_pages_and_the_health_need_no_session():
    for path in ("/", "/tasks", "/healthz"):
        equal(SERVER.get(path, session=None).status, 200, path)


if __name__ == "__main__":
    with Demo() as SERVER:
        SESSION = SERVER.login("issuer01")
        OF_OTHERS = {"accounts": SERVER.login("secadmin01"), "events": SERVER.login("auditadmin01")}
        run(*api.tests(SERVER, SESSION, *OF_OTHERS.values()), nobody_is_told_which_was_wrong, a_session_ends_with_its_logout,
            no_list_answers_with_more_than_its_limit, the_pages_and_the_health_need_no_session)
