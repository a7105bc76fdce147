#!/usr/bin/env python3
"""What persons owe, over the API: a list, counts, an excuse; with the right, without it, and with bad parameters; on the city of the samples with the packs that are shipped."""
from lib import Demo, equal, problem, run

API = "/api/v1"


def nobody_owes_before_records_come():
    for path in ("/owed", "/owed?state=missed&from=2026-01-01&to=2026-12-31", "/owed/counts", "/owed?limit=5&total=1"):
        answer = SERVER.get(API + path, session=S.issuer)
        equal(answer.status, 200, f"{path}: {answer.body[:300]}")
        equal(answer.json["rows"], [], path)


def bad_parameters_are_refused():
    for path in ("/owed?state=x", "/owed?org=x", "/owed?from=x", "/owed/counts?to=x", "/owed?cursor=x"):
        problem(SERVER.get(API + path, session=S.issuer), 400)
    problem(SERVER.get(f"{API}/owed?dataset=no.such", session=S.issuer), 404)
    for path in ("/owed", "/owed/counts"):
        problem(SERVER.get(API + path), 401)


def nothing_is_excused_that_is_not_owed():
    body = {"duty": "no.such", "person": "0" * 26, "seq": 0, "reason": "r"}
    problem(SERVER.post(API + "/owed/excuse", body, session=S.issuer), 404)
    problem(SERVER.post(API + "/owed/excuse", {**body, "seq": -1}, session=S.issuer), 400)
    problem(SERVER.post(API + "/owed/excuse", {"duty": "no.such"}, session=S.issuer), 400)
    problem(SERVER.post(API + "/owed/excuse", body, session=None), 401)


class S:
    pass


if __name__ == "__main__":
    with Demo() as SERVER:
        S.issuer = SERVER.login("issuer01")
        run(nobody_owes_before_records_come, bad_parameters_are_refused, nothing_is_excused_that_is_not_owed)
