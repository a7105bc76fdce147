#!/usr/bin/env python3
"""Who is expected and who is silent, scores and bulletin over the API: every route with the right, without it, and with bad parameters; on the city of the samples with the packs that are shipped."""
import os

from lib import Demo, equal, problem, run, wait_until

API = "/api/v1"
DATASET = "encounters.admission"


def get(path, session=None):
    answer = SERVER.get(API + path, session=session or S.issuer)
    equal(answer.status, 200, answer.body[:300])
    return answer.json


def reports_are_expected_of_whom_the_pack_names():
    wait_until(lambda: get(f"/expected?dataset={DATASET}")["rows"])
    rows = get(f"/expected?dataset={DATASET}&limit=500")["rows"]
    assert all(r["state"] == "open" for r in rows), rows[0]
    S.row = rows[0]
    equal((S.row["dataset"]["id"], S.row["rows"], S.row["received"]), (DATASET, None, None))
    counts = get(f"/expected/counts?dataset={DATASET}")["rows"]
    equal((counts[0]["expected"], counts[0]["open"], counts[0]["silent"]), (len(rows), len(rows), 0))
    equal(get(f"/expected?dataset={DATASET}&state=silent,zero")["rows"], [])
    due = [[r["due"] for r in get(f"/expected?limit=500&order={order}")["rows"]] for order in ("soon", "due")]
    equal((due[0], due[1]), (sorted(due[0]), sorted(due[1], reverse=True)))
    assert due[0][0] < due[1][0], "everything is due on one day: the order says nothing"


def bad_parameters_are_refused():
    for path in ("/expected?period=x", "/expected?state=x", "/expected?org=x", "/quality?month=x", "/quality?org=" + "0" * 26, "/quality?cursor=x", "/quality?below=x", "/expected?order=x", "/quality/bulletin?month=13"):
        problem(SERVER.get(API + path, session=S.issuer), 400)
    problem(SERVER.get(f"{API}/quality?dataset=no.such", session=S.issuer), 404)
    problem(SERVER.get(f"{API}/quality/trend?dataset={DATASET}&org=" + "0" * 26, session=S.issuer), 404)
    for path in ("/expected", "/expected/counts", "/quality", f"/quality/trend?dataset={DATASET}&org={S.row['org']['uid']}", "/quality/bulletin"):
        problem(SERVER.get(API + path), 401)


def body(**more):
    return {"dataset": DATASET, "org": S.row["org"]["uid"], "period": S.row["period"], **more}


def who_has_no_right_says_nothing():
    for verb, more in (("zero", {}), ("excuse", {"reason": "r"}), ("open", {"reason": "r", "until": "2030-01-01"})):
        answer = SERVER.post(f"{API}/expected/{verb}", body(**more), session=S.stranger)
        assert answer.status in (403, 404), answer.body[:200]
        problem(SERVER.post(f"{API}/expected/{verb}", body(**{**more, "period": "1999-01"}), session=S.issuer), 404)
        problem(SERVER.post(f"{API}/expected/{verb}", {"dataset": DATASET}, session=S.issuer), 400)
    problem(SERVER.post(f"{API}/expected/zero", body(), session=S.issuer), 403, "no-role")
    problem(SERVER.post(f"{API}/expected/excuse", body(), session=S.issuer), 400)
    problem(SERVER.post(f"{API}/expected/excuse", body(reason=" "), session=S.issuer), 400, "reason-missing")
    problem(SERVER.post(f"{API}/expected/open", body(reason="r", until="2030-01-01"), session=S.issuer), 409, "not-locked")


def a_report_is_excused():
    done = SERVER.post(f"{API}/expected/excuse", body(reason="搬迁停诊"), session=S.issuer)
    equal(done.status, 200, done.body[:300])
    equal((done.json["state"], done.json["reason"], done.json["may"]["excuse"]["ok"]), ("excused", "搬迁停诊", False))
    equal(get(f"/expected?dataset={DATASET}&state=excused")["rows"][0]["org"], S.row["org"])
    equal(get(f"/expected/counts?dataset={DATASET}")["rows"][0]["excused"], 1)


def a_month_without_scores_is_empty():
    equal(get("/quality?month=2020-01&total=1")["rows"], [])
    equal(get("/quality/bulletin?month=2020-01")["datasets"], [])
    trend = get(f"/quality/trend?dataset={DATASET}&org={S.row['org']['uid']}")["rows"] # the excused month may be computed by now: it has no score
    assert all((r["score"], r["state"]) == (None, "excused") for r in trend), trend
    problem(SERVER.get(f"{API}/quality/{DATASET}/{S.row['org']['uid']}/2020-01", session=S.issuer), 404)
    problem(SERVER.get(f"{API}/quality/{DATASET}/{S.row['org']['uid']}/x", session=S.issuer), 400)


class S:
    pass


if __name__ == "__main__":
    with Demo("--packs", os.path.join(os.environ["SOURCE_ROOT"], "packs")) as SERVER:
        for name, username in (("issuer", "issuer01"), ("stranger", "xuheshu")):
            setattr(S, name, SERVER.login(username))
        run(reports_are_expected_of_whom_the_pack_names, bad_parameters_are_refused, who_has_no_right_says_nothing, a_report_is_excused, a_month_without_scores_is_empty)
