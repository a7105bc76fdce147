#!/usr/bin/env python3
"""Data of institutions through the program itself: a file uploaded and imported, sent again, with mistakes; what is wrong sent back and closed by the next file; who may see it."""
import csv
import gzip
import hashlib
import io
import json
import os
import random
import time
import zipfile

from lib import Demo, equal, problem, run, wait_until

DATASET = "immunization.vaccination"
REACTIONS = "immunization.aefi"
CENTRE = "990101-JC01"
HEADER = ["接种单位", "birth_cert", "出生日期", "性别", "疫苗代码", "剂次", "接种日期", "疫苗批号", "备注"]


def row(n, given="2026-02-03", dose="1", birth="2026-02-01"):
    return [CENTRE, f"E99001{n:04}", birth, "1", "HepB", dose, given, "A01", "x"]


def text_of(rows, header=None):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([header or HEADER, *rows])
    return out.getvalue().encode()


def upload(content, session, name="接种.csv"):
    made = SERVER.post("/api/v1/uploads", {"name": name, "size": len(content)}, session=session)
    equal(made.status, 201, str(made.body[:300]))
    uid = made.json["uid"]
    equal(SERVER.request("PATCH", f"/api/v1/uploads/{uid}", content, {"Upload-Offset": "0"}, session).status, 200)
    equal(SERVER.post(f"/api/v1/uploads/{uid}/finish", {"sha256": hashlib.sha256(content).hexdigest()}, session=session).status, 200)
    return uid


def intake(uid, session=None):
    return SERVER.get(f"/api/v1/intakes/{uid}", session=session or REPORTER).json


def ended(uid):
    one = intake(uid)
    return one if one["state"] not in ("waiting", "checking", "applying") else None


def send(content, session=None, **wish):
    session = session or REPORTER
    answer = SERVER.post("/api/v1/intakes", {"upload": upload(content, session), "dataset": DATASET, **wish}, session=session)
    equal(answer.status, 202, str(answer.body[:400]))
    uid = answer.json["intake"]["uid"]
    return answer.json, wait_until(lambda: ended(uid), 60, "the import")


def counts(result, *names):
    return [result[name] for name in names]


def datasets_are_listed_with_fields_and_codes():
    rows = SERVER.get("/api/v1/datasets?kind=event", session=REPORTER).json["rows"]
    assert any(r["id"] == DATASET and r["may"]["send"]["ok"] for r in rows), [r["id"] for r in rows]
    pages, cursor = [], ""
    while cursor is not None:
        page = SERVER.get(f"/api/v1/datasets?kind=event&limit=2&cursor={cursor}", session=REPORTER).json
        assert len(page["rows"]) <= 2, page
        pages, cursor = pages + page["rows"], page["next"]
    equal([r["id"] for r in pages], [r["id"] for r in rows])
    problem(SERVER.get("/api/v1/datasets?cursor=no.such", session=REPORTER), 400)
    one = SERVER.get(f"/api/v1/datasets/{DATASET}", session=REPORTER).json
    assert {"vaccine", "dose", "given_on"} <= {f["id"] for f in one["fields"] if f["of"] == "record"}
    codes = SERVER.get(f"/api/v1/datasets/{DATASET}/codes/vaccine?q=Hep", session=REPORTER).json
    assert any(c["code"] == "HepB" for c in codes["rows"]), codes
    equal(SERVER.get("/api/v1/datasets/no.such", session=REPORTER).status, 404)


def messages_of_hl7_go_to_the_datasets_that_take_them():
    segments = ["MSH|^~\\&|IIS|990101-JC01|BIHUAN|CITY|20260205||VXU^V04|m1|P|2.5.1||||||UNICODE UTF-8", "PID|1||E990019977^^^^BCT||||20260201|F", "ORC|RE",
                "RXA|0|1|20260203|20260203|HepB|999|||00||^^^990101-JC01||||A01|||||CP|A", "OBX|1|NM|30973-2||1||||||F"]
    content = "".join(s + "\r" for s in segments).encode()
    shown = SERVER.post("/api/v1/previews", {"upload": upload(content, REPORTER, "day.hl7")}, session=REPORTER)
    equal((shown.status, shown.json["format"]), (200, "hl7"), str(shown.body[:300]))
    _, one = send(content, dataset=None)
    equal(one["state"], "done", str(one.get("error")))
    equal(one["result"]["rows"], 1, str(one["result"]))
    equal([b["dataset"]["id"] for b in one["batches"]], [DATASET], "a batch only where something came")
    equal([f for f in one["result"]["findings"] if f["rule"].endswith("-unused")], [])


def what_no_dataset_takes_is_told_once():
    dose = {"resourceType": "Immunization", "status": "completed", "patient": {"identifier": {"value": "E990019978"}}, "vaccineCode": {"coding": [{"code": "HepB"}]},
            "occurrenceDateTime": "2026-02-03", "protocolApplied": [{"doseNumberPositiveInt": 1}], "lotNumber": "A01"}
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": dose}, {"resource": {"resourceType": "Basic", "id": "x"}}]}
    _, one = send(json.dumps(bundle).encode(), dataset=None)
    told = [f for f in one["result"]["findings"] if f["rule"] == "fhir-unused"]
    equal([one["state"], [(f["n"], f["level"]) for f in told]], ["done", [(1, "warning")]], json.dumps(one["result"], ensure_ascii=False))
    bundle["entry"].append({"request": {"method": "DELETE", "url": "Immunization/1"}})
    _, one = send(json.dumps(bundle).encode(), dataset=None)
    equal([f["n"] for f in one["result"]["findings"] if f["rule"] == "fhir-delete"], [1], "what concerns no dataset is not found once by each")
    equal(one["result"]["rows"], 2, json.dumps(one["result"], ensure_ascii=False))
    unsaid = "MSH|^~\\&|IIS|990101-JC01|BIHUAN|CITY|20260205||VXU^V04|m2|P|2.5.1\rPID|1||E990019976^^^^BCT||||20260201|F\rRXA|0|1|20260203|20260203|HepB|999|||00||^^^990101-JC01||||甲|||||CP|A\r".encode("gb18030")
    _, one = send(unsaid, dataset=None)
    equal([f["n"] for f in one["result"]["findings"] if f["rule"] == "hl7-charset"], [1], json.dumps(one["result"], ensure_ascii=False))


def a_preview_says_what_a_file_would_be():
    content = text_of([[*row(1)[:7], "A01", "13912345678"]])
    uid = upload(content, REPORTER)
    shown = SERVER.post("/api/v1/previews", {"upload": uid}, session=REPORTER)
    equal(shown.status, 200, str(shown.body[:300]))
    shown = shown.json
    equal([shown["format"], shown["dataset"]["id"], shown["options"]["delimiter"], shown["beginning"]], ["csv", DATASET, ",", False])
    equal([(c["from"], c["to"]) for c in shown["columns"]][4:9], [("疫苗代码", "vaccine"), ("剂次", "dose"), ("接种日期", "given_on"), ("疫苗批号", "lot"), ("备注", None)])
    assert "13912345678" not in json.dumps(shown) and "E990010001" not in json.dumps(shown["rows"]), shown["rows"]
    problem(SERVER.post("/api/v1/previews", {"upload": upload(bytes(range(256)), REPORTER)}, session=REPORTER), 400)
    equal(SERVER.post("/api/v1/previews", {"upload": uid}, session=OTHER).status, 404)


def zipped(**parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in parts.items():
            made.writestr(name.replace("__", "/") + ".xml", content)
    return out.getvalue()


def files_that_are_no_data_are_refused_each_by_its_name():
    ole, word = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + bytes(4096), zipped(word__document="<d/>")
    csv_in_zip = io.BytesIO()
    with zipfile.ZipFile(csv_in_zip, "w") as made:
        made.writestr("接种.csv", text_of([row(1)]))
    bad = [("old-excel", ole), ("encrypted", ole + "EncryptedPackage".encode("utf-16-le")), ("file-document", ole + "WordDocument".encode("utf-16-le")), ("file-document", word), ("file-document", b"{\\rtf1 x}"),
           ("file-pdf", b"%PDF-1.4\n1 0 obj"), ("not-a-document", word[:60]), ("too-large", zipped(xl__workbook=bytes(20_000_000))), ("file-compressed", csv_in_zip.getvalue()),
           ("file-compressed", gzip.compress(text_of([row(1)]))), ("file-picture", b"\x89PNG\r\n\x1a\n" + bytes(40)), ("file-picture", b"\xFF\xD8\xFF\xE0" + bytes(40)),
           ("file-page", b"<html><table><tr><td>x"), ("file-other-sheet", zipped(content="<ods/>")), ("not-a-workbook", zipped(**{"[Content_Types]": ""}))]
    for code, content in bad:
        _, one = send(content)
        equal((one["state"], one["error"]["code"], one["batches"]), ("refused", code, []), code)
        shown = SERVER.post("/api/v1/previews", {"upload": upload(content, REPORTER)}, session=REPORTER)
        problem(shown, 413 if code == "too-large" else 400, code)


def a_table_that_is_too_wide_says_where():
    wide = [f"c{n}" for n in range(1001)]
    _, one = send((",".join(wide) + "\n").encode())
    equal((one["state"], one["error"]["code"], one["error"]["at"], one["error"]["params"]["limit"]), ("refused", "too-many-columns", "row 1, column 1001", "1000"))
    _, one = send((",".join(HEADER + wide[: 1000 - len(HEADER)]) + "\n" + ",".join(row(400) + [""] * (1000 - len(HEADER))) + "\n").encode(), dry_run=True)
    equal((one["state"], one["result"]["rows"]), ("done", 1), "a thousand are taken")


def a_heading_alone_is_no_success():
    """Nothing was taken in, and it is said so; silence stays silence until zero is reported."""
    expected = f"/api/v1/expected?dataset={DATASET}&period=2026-01"
    before = [(r["org"]["name"], r["state"]) for r in SERVER.get(expected, session=REPORTER).json["rows"]]
    for content in (text_of([]), text_of([]) + b"\r\n\r\n", ",".join(HEADER).encode("gb18030"), b"[]"):
        _, one = send(content)
        equal((one["state"], one["result"]["rows"], [(f["rule"], f["level"], f["n"]) for f in one["result"]["findings"]]), ("done", 0, [("no-rows", "warning", 0)]), str(one["result"]))
        equal((one["result"]["added"], one["result"]["errors"]), (0, False))
        _, one = send(content, strict=True)
        equal((one["state"], one["error"]["code"], "report zero" in one["error"]["hint"]), ("refused", "no-rows", True), str(one["error"]))
    equal([(r["org"]["name"], r["state"]) for r in SERVER.get(expected, session=REPORTER).json["rows"]], before)
    _, one = send(text_of([]), dataset=None)
    equal((one["state"], one["dataset"]["id"], one["result"]["findings"][0]["rule"]), ("done", DATASET, "no-rows"), "the heading says of which dataset it is")
    _, one = send(b"x,y\n")
    equal((one["state"], one["error"]["code"]), ("refused", "no-columns"))
    shown = SERVER.post("/api/v1/previews", {"upload": upload(text_of([]), REPORTER)}, session=REPORTER).json
    equal((shown["dataset"]["id"], shown["rows"], [f["code"] for f in shown["findings"]], shown["columns"][6]["to"]), (DATASET, [], ["no-rows"], "given_on"))


def a_heading_that_stands_twice_is_said():
    header = [*HEADER[:8], "剂次", "given_on", "错误原因"]
    _, one = send(text_of([[*row(401)[:8], "2", "2026-02-09", ""]], header))
    equal((one["state"], one["result"]["added"], one["result"]["unknown"]), ("done", 1, ["错误原因"]))
    equal(one["result"]["twice"], [{"dataset": DATASET, "field": "dose", "column": 9, "name": "剂次", "used": 6, "used_name": "剂次"},
                                   {"dataset": DATASET, "field": "given_on", "column": 10, "name": "given_on", "used": 7, "used_name": "接种日期"}])
    record = SERVER.get(f"/api/v1/records/{DATASET}?batch={one['batches'][0]['uid']}", session=REPORTER).json["rows"][0]
    equal((record["values"]["dose"], record["values"]["given_on"]), ("1", "2026-02-03"), "the first counts")


def taken_as(result, header):
    """What the import made of each column, as far as its result says: nothing is known of those that it took."""
    twice = {one["column"]: one["field"] for one in result["twice"]}
    return [("twice", twice[n]) if n in twice else "none" if name in result["unknown"] else "taken" for n, name in enumerate(header, 1)]


def shown_as(preview):
    return [("twice", c["twice"]["field"]) if c["how"] == "twice" else "taken" if c["to"] else "none" for c in preview["columns"]]


def a_preview_shows_what_the_import_does():
    """By other names, English ones, brackets and stars, by examples, by a mapping that was kept, doubled, and facts of the person: the same columns, the same fields, the same rows."""
    kept = ["哪家打的", "证号码", "生日期", "男女别", "苗名", "针次", "打针日子", "批号儿"]
    columns = [{"from": f, "to": t} for f, t in zip(kept, ["clinic", "birth_cert", "birth", "sex", "vaccine", "dose", "given_on", "lot"])]
    made = SERVER.post("/api/v1/mappings", {"dataset": DATASET, "name": "kept for previews", "columns": columns, "format": "csv"}, session=REPORTER)
    equal(made.status, 201, str(made.body[:300]))
    cases = [HEADER, ["clinic", "birth_cert", "birth", "sex", "vaccine", "dose", "given_on", "lot", "zzz"],
             ["*接种单位：", "出生医学证明编号", "出生日期（必填）", "性别(1男2女)", "疫苗", "剂次*", "接种日期（必填）", "批号", "Date of birth"],
             ["机构", "birth_cert", "birth", "sex", "疫苗代码", "剂次", "哪天", "批次？", "dose"], [*kept, "附注"]]
    for at, header in enumerate(cases):
        cells = [[*row(500 + 10 * at + n)[:8], "" if at < 4 else "x"] for n in range(3)]
        content = text_of(cells, header)
        shown = SERVER.post("/api/v1/previews", {"upload": upload(content, REPORTER), "dataset": DATASET}, session=REPORTER)
        equal(shown.status, 200, str(shown.body[:300]))
        _, one = send(content)
        what = f"{header}: {json.dumps(shown.json['columns'], ensure_ascii=False)}, {json.dumps(one, ensure_ascii=False)}"
        equal(shown_as(shown.json), taken_as(one["result"], header) if one["result"] else None, what)
        equal((shown.json["mapping"] or {}).get("uid"), (one["mapping"] or {}).get("uid"), what)
        assert one["batches"], what
        mapped = {c["to"]: n for n, c in enumerate(shown.json["columns"]) if c["to"]}
        records = SERVER.get(f"/api/v1/records/{DATASET}?batch={one['batches'][0]['uid']}", session=REPORTER).json["rows"]
        assert records, what
        record = records[-1]
        for field in ("vaccine", "dose", "given_on", "lot"):
            equal(record["values"].get(field) or None, cells[0][mapped[field]] if field in mapped else None, f"{field}: {what}")
        kept_all = {"from": shown.json["columns"][0]["from"], "to": shown.json["columns"][0]["to"]}
        again = SERVER.post("/api/v1/intakes", {"upload": upload(content, REPORTER), "dataset": DATASET, "dry_run": True,
                            "columns": [{"from": c["from"], "to": c["to"]} for c in shown.json["columns"]]}, session=REPORTER)
        equal(again.status, 202, f"what a preview shows may be sent back: {kept_all} {again.body[:300]}")
        again = wait_until(lambda u=again.json["intake"]["uid"]: ended(u), 60, "the import")
        equal(counts(again["result"], "rows", "accepted", "warned", "held", "rejected"), counts(one["result"], "rows", "accepted", "warned", "held", "rejected"), what)
    equal(SERVER.request("DELETE", f"/api/v1/mappings/{made.json['uid']}", None, {"If-Match": f'"{SERVER.get("/api/v1/mappings/" + made.json["uid"], session=REPORTER).json["version"]}"'}, REPORTER).status, 204)


def what_excel_calls_unicode_text_is_read():
    _, one = send(text_of([row(990)]).replace(b",", b"\t").decode().encode("utf-16"), dry_run=True)
    equal((one["state"], one["result"]["rows"], one["result"]["rejected"]), ("done", 1, 0), json.dumps(one, ensure_ascii=False))


def a_file_is_imported():
    accepted, one = send(text_of([row(n) for n in range(1, 41)]))
    equal(one["state"], "done", json.dumps(one["error"]))
    equal(counts(one["result"], "rows", "rejected", "held", "added", "changed", "same"), [40, 0, 0, 40, 0, 0], json.dumps(one["result"], ensure_ascii=False))
    equal(one["result"]["unknown"], ["备注"])
    equal(accepted["job"]["kind"], "import")
    equal([one["batches"][0][k] for k in ("added", "mode", "intake")] + [one["batches"][0]["org"]["name"]], [40, "add", one["uid"], one["org"]["name"]])
    batch = SERVER.get(f"/api/v1/batches/{one['batches'][0]['uid']}", session=REPORTER).json
    equal([p["month"] for p in batch["parts"]], ["2026-02"])
    equal(SERVER.get(f"/api/v1/intakes/{one['uid']}/original", session=REPORTER).body, text_of([row(n) for n in range(1, 41)]))


def the_same_bytes_again_do_nothing():
    accepted, one = send(text_of([row(n) for n in range(1, 41)]))
    equal(accepted["again"], True)
    equal(one["result"]["added"], 40)
    accepted, one = send(text_of([row(n) for n in range(1, 41)]), strict=False, mode="add", options={"delimiter": ","})
    equal(accepted["again"], False)
    equal(counts(one["result"], "added", "changed", "same"), [0, 0, 40])


def records_are_listed_without_what_is_personal():
    rows, cursor = [], ""
    while cursor is not None:
        page = SERVER.get(f"/api/v1/records/{DATASET}?limit=15&cursor={cursor}", session=REPORTER).json
        rows, cursor = rows + page["rows"], page["next"]
    equal(len(rows), 40)
    equal(len({r["id"] for r in rows}), 40)
    equal(rows[0]["values"]["vaccine"], "HepB")
    assert "E99001" not in json.dumps(rows), "a certificate's number is shown"
    one = SERVER.get(f"/api/v1/records/{DATASET}/{rows[0]['id']}", session=REPORTER).json
    equal(len(one["history"]), 1)
    equal(len(SERVER.get(f"/api/v1/records/{DATASET}?field=dose:2", session=REPORTER).json["rows"]), 0)
    equal(len(SERVER.get(f"/api/v1/records/{DATASET}?field=dose:1&limit=100&from=2026-02&to=2026-02", session=REPORTER).json["rows"]), 40)
    equal(SERVER.get(f"/api/v1/records/{DATASET}", session=OTHER).json["rows"], [])
    equal(SERVER.get(f"/api/v1/records/{DATASET}/{rows[0]['id']}", session=OTHER).status, 404)
    problem(SERVER.get(f"/api/v1/records/{DATASET}?field=nothing:1", session=REPORTER), 400, None, "query:field")
    problem(SERVER.get(f"/api/v1/records/{DATASET}?cursor=x", session=REPORTER), 400, None, "query:cursor")


def what_is_wrong_goes_back_and_is_closed_by_the_next_file():
    bad = [row(50, given="2026-01-15"), row(51), ["", "E990019999", "2026-02-01", "1", "HepB", "1", "no day", "A01", ""]]
    _, one = send(text_of(bad), options={"encoding": "UTF-8", "delimiter": ",", "header_row": 1})
    equal(one["state"], "done", json.dumps(one["error"]))
    equal(counts(one["result"], "rows", "rejected", "held"), [3, 1, 1], json.dumps(one["result"], ensure_ascii=False))
    assert one["may"]["errors"]["ok"], one["may"]
    errors = SERVER.get(f"/api/v1/intakes/{one['uid']}/errors", session=REPORTER)
    equal(errors.status, 200)
    assert "E990010050" in errors.body.decode("utf-8-sig"), errors.body[:300]
    rejects = SERVER.get(f"/api/v1/intakes/{one['uid']}/rejects", session=REPORTER).json["rows"]
    equal(len(rejects), 1)
    found = SERVER.get("/api/v1/defects?state=found&level=error", session=REPORTER).json["rows"]
    equal([d["rule"] for d in found], ["after_birth"])
    uid, version = found[0]["uid"], found[0]["version"]
    match = {"If-Match": f'"{version}"'}
    problem(SERVER.post(f"/api/v1/defects/{uid}/send", {"due": "2026-03-31", "note": "改正"}, session=REPORTER, headers=match), 403)
    problem(SERVER.post(f"/api/v1/defects/{uid}/send", {"due": "2026-03-01"}, session=ISSUER, headers=match), 400, "due-past", "/due")
    sent = SERVER.post(f"/api/v1/defects/{uid}/send", {"due": "2026-03-31", "note": "改正"}, session=ISSUER, headers=match)
    equal(sent.status, 200, str(sent.body[:300]))
    equal(sent.json["state"], "sent")
    problem(SERVER.post(f"/api/v1/defects/{uid}/answer", {"text": "x"}, session=REPORTER, headers=match), 409, "version-stale")
    answered = SERVER.post(f"/api/v1/defects/{uid}/answer", {"text": "已改", "corrected": True}, session=REPORTER, headers={"If-Match": f'"{sent.json["version"]}"'})
    equal([answered.json["state"], [n["kind"] for n in answered.json["notes"]]], ["corrected", ["send", "answer"]])
    equal(SERVER.get("/api/v1/defects/counts", session=ISSUER).json["state"]["corrected"], 1)
    send(text_of([row(50, given="2026-02-15")]))
    closed = SERVER.get(f"/api/v1/defects/{uid}", session=ISSUER).json
    equal(closed["state"], "closed")
    equal(SERVER.get(f"/api/v1/defects/{uid}", session=OTHER).status, 404)


def a_defect_is_waived_by_another_with_a_reason():
    send(text_of([row(60, given="2026-01-15")]))
    one = SERVER.get("/api/v1/defects?state=found&level=error", session=ISSUER).json["rows"][0]
    match = {"If-Match": f'"{one["version"]}"'}
    problem(SERVER.post(f"/api/v1/defects/{one['uid']}/waive", {}, session=ISSUER, headers=match), 400, "reason-missing")
    problem(SERVER.post(f"/api/v1/defects/{one['uid']}/waive", {"reason": "x"}, session=REPORTER, headers=match), 403)
    waived = SERVER.post(f"/api/v1/defects/{one['uid']}/waive", {"reason": "x"}, session=ISSUER, headers=match)
    equal([waived.status, waived.json["state"], waived.json["reason"]], [200, "waived", "x"])


def a_mapping_is_kept_and_found_again():
    header = ["单位", "证号", "生日", "男女", "苗", "第几针", "哪天打的", "批"]
    columns = [{"from": f, "to": t} for f, t in zip(header, ["clinic", "birth_cert", "birth", "sex", "vaccine", "dose", "given_on", "lot"])]
    wish = {"dataset": DATASET, "name": "HIS", "columns": columns, "format": "csv"}
    problem(SERVER.post("/api/v1/mappings", {**wish, "columns": [{"from": "x", "to": "no_field"}]}, session=REPORTER), 400, "column-unknown", "/columns/0/to")
    problem(SERVER.post("/api/v1/mappings", {**wish, "columns": columns[:1] * 2}, session=REPORTER), 400, "column-twice")
    made = SERVER.post("/api/v1/mappings", wish, session=REPORTER)
    equal(made.status, 201, str(made.body[:300]))
    problem(SERVER.post("/api/v1/mappings", wish, session=REPORTER), 409, "name-taken")
    equal(SERVER.get(f"/api/v1/mappings/{made.json['uid']}", session=OTHER).status, 404)
    _, one = send(text_of([row(70)[:8]], header))
    equal([one["state"], one["result"]["added"], one["mapping"]["uid"]], ["done", 1, made.json["uid"]], json.dumps(one["error"]))
    match = {"If-Match": '"1"'}
    changed = SERVER.request("PATCH", f"/api/v1/mappings/{made.json['uid']}", {**wish, "name": "HIS 2"}, match, REPORTER)
    equal([changed.status, changed.json["version"]], [200, 2])
    problem(SERVER.request("DELETE", f"/api/v1/mappings/{made.json['uid']}", None, match, REPORTER), 409, "version-stale")
    equal(SERVER.request("DELETE", f"/api/v1/mappings/{made.json['uid']}", None, {"If-Match": '"2"'}, REPORTER).status, 204)


def columns_said_once_are_kept_for_the_next_file():
    header = ["单位名", "证号", "生日", "男女", "苗种", "第几针", "打针日", "批次"]
    columns = [{"from": f, "to": t} for f, t in zip(header, ["clinic", "birth_cert", "birth", "sex", "vaccine", "dose", "given_on", "lot"])]
    content = text_of([row(72)[:8]], header)
    problem(SERVER.post("/api/v1/intakes", {"upload": upload(content, REPORTER), "columns": columns, "keep": True}, session=REPORTER), 400)
    _, first = send(content, columns=columns, keep=True)
    equal([first["state"], first["result"]["added"]], ["done", 1], json.dumps(first["error"]))
    kept_as = SERVER.get(f"/api/v1/mappings/{first['mapping']['uid']}", session=REPORTER).json
    equal([kept_as["columns"], kept_as["org"]["name"], kept_as["used"] is not None], [columns, first["org"]["name"], True])
    _, second = send(text_of([row(73)[:8]], header))
    equal([second["state"], second["result"]["added"], second["mapping"]["uid"]], ["done", 1, first["mapping"]["uid"]], json.dumps(second["error"]))
    _, third = send(text_of([row(74)[:8]], header), columns=columns, keep=True)
    assert third["mapping"]["name"] not in (None, first["mapping"]["name"]), third["mapping"]
    near = SERVER.post("/api/v1/previews", {"upload": upload(text_of([row(75, given="某日")], [*HEADER[:6], "接种日", *HEADER[7:]]), REPORTER), "dataset": DATASET}, session=REPORTER).json
    equal([c["near"] for c in near["columns"] if c["from"] == "接种日"], [["given_on"]], json.dumps(near["columns"], ensure_ascii=False))


def replacing_most_of_a_month_is_asked():
    _, one = send(text_of([row(1)]), mode="replace", period="2026-02")
    equal(one["state"], "asking", json.dumps(one))
    assert one["result"]["asks"]["deletes"] > 30, one["result"]
    equal(len(SERVER.get(f"/api/v1/records/{DATASET}?limit=100", session=REPORTER).json["rows"]) > 40, True)
    cancelled = SERVER.post(f"/api/v1/intakes/{one['uid']}/cancel", {"reason": "x"}, session=REPORTER)
    equal([cancelled.status, cancelled.json["state"]], [200, "refused"])
    problem(SERVER.post(f"/api/v1/intakes/{one['uid']}/confirm", {}, session=REPORTER), 409, "wrong-state")
    _, one = send(text_of([row(1), row(2)]), mode="replace", period="2026-02")
    equal(SERVER.post(f"/api/v1/intakes/{one['uid']}/confirm", {}, session=REPORTER).status, 202)
    done = wait_until(lambda: ended(one["uid"]), 30)
    equal([done["state"], done["result"]["deleted"] > 30], ["done", True])
    equal(len(SERVER.get(f"/api/v1/records/{DATASET}?limit=100&from=2026-02", session=REPORTER).json["rows"]), 2)
    problem(SERVER.post("/api/v1/intakes", {"upload": upload(b"a,b\n", REPORTER), "dataset": DATASET, "mode": "replace"}, session=REPORTER), 400, "mode-needs-period", "/period")


def strict_is_all_or_nothing():
    _, one = send(text_of([row(80), row(81, given="2026-01-15")]), strict=True)
    equal([one["state"], one["error"]["code"]], ["refused", "strict"])
    _, one = send(text_of([row(82)]), dry_run=True)
    equal([one["state"], one["result"]["accepted"] + one["result"]["warned"], one["batches"]], ["done", 1, []])
    equal(len(SERVER.get(f"/api/v1/records/{DATASET}?limit=100&from=2026-02", session=REPORTER).json["rows"]), 2)


def what_was_only_checked_is_sent_afterwards():
    """The upload stays until it is sent in earnest; then it is no more."""
    uid = upload(text_of([row(83)]), REPORTER)
    for dry_run in (True, True, False):
        answer = SERVER.post("/api/v1/intakes", {"upload": uid, "dataset": DATASET, "dry_run": dry_run}, session=REPORTER)
        equal(answer.status, 202, str(answer.body[:400]))
        one = wait_until(lambda: ended(answer.json["intake"]["uid"]), 60, "the import")
        equal([one["state"], one["dry_run"], len(one["batches"])], ["done", dry_run, 0 if dry_run else 1])
    problem(SERVER.post("/api/v1/intakes", {"upload": uid, "dataset": DATASET}, session=REPORTER), 404, "not-found")


def who_may_not_send_is_refused():
    uid = upload(b"a,b\n", OTHER)
    mine = SERVER.get("/api/v1/session", session=REPORTER).json["org"]["uid"]
    assert SERVER.post("/api/v1/intakes", {"upload": uid, "dataset": DATASET, "org": mine}, session=OTHER).status == 403
    problem(SERVER.post("/api/v1/intakes", {"upload": uid, "dataset": "no.such"}, session=OTHER), 400, "dataset-unknown", "/dataset")


def a_program_sends_and_waits():
    body = text_of([row(90)])
    path = f"/api/v1/data/{DATASET}?source=his&message_id=M1&name=a.csv"
    first = SERVER.request("POST", path, body, {"Content-Type": "text/csv"}, REPORTER)
    equal([first.status, first.json["state"], first.json["result"]["added"], first.json["channel"]], [201, "done", 1, "api"], str(first.body[:300]))
    again = SERVER.request("POST", path, text_of([row(91)]), {"Content-Type": "text/csv"}, REPORTER)
    equal([again.status, again.json["uid"]], [200, first.json["uid"]])


def kept():
    """How many arrivals there are, and files of blobs."""
    blobs = sum(len(files) for _, _, files in os.walk(os.path.join(SERVER.data, "blobs")))
    assert blobs > 0, os.listdir(SERVER.data)
    return len(SERVER.get("/api/v1/intakes?limit=500", session=REPORTER).json["rows"]), blobs


def a_form_is_checked_and_stored():
    forms = SERVER.get(f"/api/v1/forms?dataset={DATASET}", session=REPORTER).json["rows"]
    path = f"/api/v1/forms/{DATASET}/{forms[0]['form']['id']}"
    shape = SERVER.get(path, session=REPORTER).json
    assert any(f["id"] == "vaccine" for part in shape["parts"] for f in part["fields"]), shape
    values = {"birth_cert": "E990010100", "birth": "2026-02-01", "sex": "1", "vaccine": "HepB", "dose": "1", "given_on": "2026-01-03", "lot": "A01"}
    before = kept()
    checked = SERVER.post(path, {"values": values, "check": True}, session=REPORTER)
    equal([checked.status, checked.json["outcome"], checked.json["intake"], checked.json["record"]], [200, "held", None, None], str(checked.body[:300]))
    equal(checked.json["findings"][0]["about"], ["given_on"], str(checked.json))
    begun = SERVER.post(path, {"values": {"vaccine": "HepB"}, "check": True}, session=REPORTER).json
    equal([begun["outcome"], [f["level"] for f in begun["findings"]], begun["error"]], ["rejected", ["reject"], None], str(begun))
    problem(SERVER.post(path, {"values": {"dose": ["1"]}, "check": True}, session=REPORTER), 400, "bad-input")
    problem(SERVER.post(path, {"zero": True, "period": "2026-01"}, session=REPORTER), 400, "period-unfit")
    equal(kept(), before, "a check stores nothing")
    stored = SERVER.post(path, {"values": {**values, "given_on": "2026-02-03"}}, session=REPORTER)
    equal([stored.status, stored.json["outcome"] in ("accepted", "warned")], [201, True], str(stored.body[:300]))
    record = SERVER.get(f"/api/v1/records/{DATASET}/{stored.json['record']}", session=REPORTER)
    equal([record.status, record.json["values"]["lot"]], [200, "A01"], str(record.body[:300]))


def a_part_of_a_form_is_shown_where_it_is_asked_for():
    path, values = f"/api/v1/forms/{REACTIONS}/report", {"serious": "false"}
    shape = SERVER.get(path, session=REPORTER).json
    asked = [part["id"] for part in shape["parts"] if part["when"]]
    equal([len(asked), shape["may"]["send"]["ok"], len(shape["rules"]) > 0], [1, True, True], str(shape)[:400])
    hidden = SERVER.post(path, {"values": values, "check": True}, session=REPORTER).json["shown"]
    shown = SERVER.post(path, {"values": {"serious": "true"}, "check": True}, session=REPORTER).json["shown"]
    equal([set(shown) - set(hidden), set(hidden) - set(shown)], [set(asked), set()])


def a_drop_folder_is_emptied_and_answered():
    folder = os.path.join(SERVER.data, "inbox", CENTRE)
    os.makedirs(folder)
    path = os.path.join(folder, "today.csv")
    with open(path + ".part", "wb") as f:
        f.write(text_of([row(95)]))
    os.rename(path + ".part", path)
    time.sleep(6)
    SERVER.stop()
    SERVER.advance("1d")
    SERVER.start()
    result = os.path.join(folder, "today.csv.result.json")
    for _ in range(2):
        if not os.path.exists(result):
            SERVER.stop()
            SERVER.advance("1d")
            SERVER.start()
    with open(result, encoding="utf-8") as f:
        told = json.load(f)
    equal([told["state"], told["result"]["added"], os.listdir(folder)], ["done", 1, ["today.csv.result.json"]])


def a_kill_leaves_a_file_whole_or_absent_and_sending_it_again_completes_it():
    """Killed at random while files are uploaded, checked and applied: 5 times, 20 with BIHUAN_TEST_LONG."""
    draw = random.Random(7)
    rows = [row(1000 + n, birth="2026-01-01", given=f"2026-01-{2 + n % 20:02}") for n in range(6000)]
    content = text_of(rows)
    for turn in range(20 if os.environ.get("BIHUAN_TEST_LONG") else 5):
        session = SERVER.login("reporter01")
        answer = SERVER.post("/api/v1/intakes", {"upload": upload(content[:-1] + str(turn).encode() + b"\n", session), "dataset": DATASET}, session=session)
        equal(answer.status, 202)
        time.sleep(draw.uniform(0.01, 0.6))
        SERVER.kill()
        SERVER.start()
        session = SERVER.login("reporter01")
        uid = answer.json["intake"]["uid"]
        one = wait_until(lambda s=session, u=uid: (lambda i: i if i["state"] not in ("waiting", "checking", "applying") else None)(intake(u, s)), 90, "the import after a kill")
        equal([one["state"], one["result"]["rows"], one["result"]["rejected"]], ["done", 6000, 0], json.dumps(one["error"]))
    session = SERVER.login("reporter01")
    seen, cursor = set(), ""
    while cursor is not None:
        page = SERVER.get(f"/api/v1/records/{DATASET}?from=2026-01&to=2026-01&limit=500&state=accepted,warned&cursor={cursor}", session=session).json
        seen |= {r["id"] for r in page["rows"]}
        cursor = page["next"]
    equal(len(seen), 6000)
    batches = SERVER.get("/api/v1/batches?state=applying", session=session).json["rows"]
    equal(batches, [])


with Demo("--packs", os.path.join(os.environ["SOURCE_ROOT"], "packs")) as SERVER:
    REPORTER, OTHER = SERVER.login("reporter01"), SERVER.login("zhangshuchuan")
    ISSUER = SERVER.login("jianglinyu")
    run(datasets_are_listed_with_fields_and_codes, a_preview_says_what_a_file_would_be, a_file_is_imported, the_same_bytes_again_do_nothing, records_are_listed_without_what_is_personal,
        what_is_wrong_goes_back_and_is_closed_by_the_next_file, a_defect_is_waived_by_another_with_a_reason, a_mapping_is_kept_and_found_again, columns_said_once_are_kept_for_the_next_file, replacing_most_of_a_month_is_asked,
        files_that_are_no_data_are_refused_each_by_its_name, what_excel_calls_unicode_text_is_read, strict_is_all_or_nothing, what_was_only_checked_is_sent_afterwards, who_may_not_send_is_refused, a_program_sends_and_waits, messages_of_hl7_go_to_the_datasets_that_take_them, what_no_dataset_takes_is_told_once, a_form_is_checked_and_stored, a_part_of_a_form_is_shown_where_it_is_asked_for,
        a_table_that_is_too_wide_says_where, a_heading_alone_is_no_success, a_heading_that_stands_twice_is_said, a_preview_shows_what_the_import_does, a_drop_folder_is_emptied_and_answered,
        a_kill_leaves_a_file_whole_or_absent_and_sending_it_again_completes_it)
