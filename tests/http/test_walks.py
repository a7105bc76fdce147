#!/usr/bin/env python3
"""Each flow of our packs walked over HTTP: from the record that opens a case to its end, step by step by those whose organisation does it; what is refused on the way, and until when each state may last."""
import csv
import io
import os
from datetime import datetime, timedelta, timezone

from client import get, upload
from lib import Demo, equal, problem, run, wait_until

SOURCE = os.environ["SOURCE_ROOT"]
ZONE = timezone(timedelta(hours=8))
WHO = {}  # by what their organisations do
HOSPITAL, CENTRE, MCH = "990101-YY01", "990101-JC01", "990101-FY"
CLERKS = {HOSPITAL: "renshi", CENTRE: "reporter01", MCH: "panxingruo"}


def days_off():
    days = {}
    with open(os.path.join(SOURCE, "calendars/cn.csv"), encoding="utf-8-sig") as file:
        for row in csv.reader(file):
            days[row[0]] = row[1]
    return days


OFF = days_off()


def works(day):
    said = OFF.get(day.isoformat())
    return said == "班" or (said != "休" and day.isoweekday() <= 5)


def instant(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(ZONE)


def end_of(since, n, unit):
    """By when something must be done that has so long since then; as the API says it, to the second."""
    if unit == "hours":
        return since + timedelta(hours=n)
    day = since.date()
    while n > 0:
        day += timedelta(days=1)
        n -= unit == "days" or works(day)
    return datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(days=1) - timedelta(seconds=1)


def send(who, dataset, values):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([list(values), list(values.values())])
    answer = SERVER.post("/api/v1/intakes", {"upload": upload(SERVER, who, "file.csv", out.getvalue().encode()), "dataset": dataset}, session=who)
    equal(answer.status, 202, str(answer.body[:400]))
    uid = answer.json["intake"]["uid"]
    one = wait_until(lambda: (lambda i: i if i["state"] not in ("waiting", "checking", "applying") else None)(get(SERVER, who, f"intakes/{uid}")), 60, "the import")
    equal((one["state"], one["result"]["accepted"] + one["result"]["warned"]), ("done", 1), str(one["result"]))


def opened(dataset, org, key, number, **values):
    """The case that a record opens."""
    who = WHO[CLERKS[org]]
    send(who, dataset, values)
    found = [r for r in get(SERVER, who, f"cases?dataset={dataset}&open=1&limit=500")["rows"] if r["values"].get(key) == number]
    equal(len(found), 1, str(found)[:300])
    return found[0]


def take(case, step, who, values=None):
    return SERVER.post(f"/api/v1/cases/{case['uid']}/do/{step}", {"values": values or {}}, session=WHO[who], headers={"If-Match": f'"{case["version"]}"'})


def refused(case, step, who, why, values=None):
    problem(take(case, step, who, values), 403 if why == "not-your-function" else 409, why)


def walked(case, *steps, before=()):
    """(step, by whom, what is filled in, the state behind it, how long that may last) one behind the other; the last ends it."""
    for step, who, values, to, lasts in steps:
        answer = take(case, step, who, values)
        equal((step, answer.status, answer.json.get("state", {}).get("id")), (step, 200, to), str(answer.body[:400]))
        case = answer.json
        equal(case["due"] and instant(case["due"]), end_of(instant(case["since"]), *lasts) if lasts else None, step)
    equal((case["state"]["final"], case["ended"] is not None, case["may"][steps[-1][0]]["why"]), (True, True, "wrong-state"))
    equal([s["step"] for s in get(SERVER, WHO[steps[-1][1]], f"cases/{case['uid']}")["steps"]], [*before, *(s[0] for s in steps)])


def lasts(case, since, n, unit):
    """The first state: since when, until when, and whether that is over."""
    equal((instant(case["since"]), instant(case["due"])), (since, end_of(since, n, unit)))
    equal(case["late"], instant(case["due"]) < NOW)


CARD = {"hospital": HOSPITAL, "id_card": "990001198605010036", "birth": "1986-05-01", "sex": "1", "kind": "1", "belongs": "1", "address": "示例市甲区某路2号", "area": "990001001", "people_group": "worker",
        "in_cluster": "false", "found_by": "imaging", "doctor": "Y01"}


def minute(at):
    return at.strftime("%Y-%m-%dT%H:%M")


def card(number, at, **more):
    return opened("notifiable.disease_card", HOSPITAL, "card_no", number, **CARD, card_no=number, onset_on=(at - timedelta(days=1)).date().isoformat(), diagnosed_at=minute(at), entered_at=minute(at), **more)


def a_card_is_reported_reviewed_returned_and_closed():
    at = (NOW - timedelta(hours=26)).replace(second=0, microsecond=0)
    case = card("W1", at, disease="influenza", icd="J10.100", case_class="suspected")
    lasts(case, at, 24, "hours")
    refused(case, "report_urgent", "renshi", "when-not")
    refused(case, "report", "qinhaili", "not-your-function")
    refused(case, "close", "qinhaili", "wrong-state")
    case = take(case, "report", "renshi").json
    equal(get(SERVER, WHO["renshi"], f"cases/{case['uid']}")["steps"][0]["late_ms"], (NOW - at - timedelta(hours=24)) // timedelta(milliseconds=1))
    refused(case, "return", "qinhaili", "needs-missing")
    case = take(case, "return", "qinhaili", {"return_reason": "住址不全"}).json
    equal((case["state"]["id"], case["values"]["return_reason"]), ("returned", "住址不全"))
    case = take(case, "mend", "renshi").json
    case = take(case, "review", "qinhaili").json
    refused(case, "close", "qinhaili", "when-not")
    walked_on = take(case, "correct", "renshi").json
    equal((walked_on["state"]["id"], [s["step"] for s in get(SERVER, WHO["renshi"], f"cases/{case['uid']}")["steps"]]), ("reported", ["report", "return", "mend", "review", "correct"]))
    send(WHO["renshi"], "notifiable.disease_card", {**CARD, "card_no": "W1", "onset_on": (at - timedelta(days=1)).date().isoformat(), "diagnosed_at": minute(at), "entered_at": minute(at),
                                                    "disease": "influenza", "icd": "J10.100", "case_class": "confirmed"})
    case = get(SERVER, WHO["renshi"], f"cases/{case['uid']}")
    equal((case["state"]["id"], case["values"]["case_class"]), ("reported", "confirmed"), "a correction of the record leaves the case where it is")
    case = take(case, "review", "qinhaili").json
    case = take(case, "close", "qinhaili").json
    equal((case["state"]["id"], case["state"]["final"]), ("closed", True))


def two_hours_are_two_hours_from_the_diagnosis():
    at = (NOW - timedelta(minutes=119)).replace(second=0, microsecond=0)
    case = card("W2", at, disease="cholera", icd="A00.900", case_class="confirmed")
    lasts(case, at, 2, "hours")
    refused(case, "report", "renshi", "when-not")
    walked(case, ("report_urgent", "renshi", None, "reported", (2, "hours")), ("review_urgent", "qinhaili", None, "reviewed", None), ("close", "qinhaili", None, "closed", None))
    earlier = at - timedelta(hours=3)
    late = card("W3", earlier, disease="cholera", icd="A00.900", case_class="confirmed")
    equal((late["late"], [r["uid"] for r in get(SERVER, WHO["renshi"], "cases?dataset=notifiable.disease_card&late=1")["rows"]]), (True, [late["uid"]]))


def a_corrected_time_moves_the_first_deadline_and_no_other():
    at = (NOW - timedelta(minutes=50)).replace(second=0, microsecond=0)
    more = {"disease": "cholera", "icd": "A00.900", "case_class": "confirmed"}
    case = card("W4", at, **more)
    corrected = at - timedelta(hours=1)
    case = card("W4", corrected, **more)
    lasts(case, corrected, 2, "hours")
    case = take(case, "report_urgent", "renshi").json
    case = card("W4", at, **more)
    equal((case["state"]["id"], instant(case["since"]), instant(case["due"])), ("reported", NOW, NOW + timedelta(hours=2)))


def an_adverse_event_is_investigated_and_classified():
    at = (NOW - timedelta(hours=5)).replace(second=0, microsecond=0)
    case = opened("immunization.aefi", CENTRE, "event_no", "W1", clinic=CENTRE, birth_cert="E990100011", birth="2025-01-01", sex="1", event_no="W1", vaccine="MMR", given_on=(at - timedelta(days=1)).date().isoformat(),
                  onset_at=minute(at), found_at=minute(at), serious="true", died="false")
    lasts(case, at, 2, "hours")
    refused(case, "report", "reporter01", "when-not")
    case = take(case, "report_serious", "reporter01").json
    refused(case, "classify", "luyuan", "needs-missing", {"class": "common"})
    refused(case, "investigate", "reporter01", "not-your-function")
    walked_case = take(case, "investigate", "luyuan").json
    done = take(walked_case, "classify", "luyuan", {"class": "common", "conclusion": "一般反应"})
    equal((done.status, done.json["state"]["id"], done.json["values"]["class"]), (200, "classified", "common"), str(done.body[:300]))


def a_woman_at_high_risk_is_taken_into_care():
    at = (NOW - timedelta(hours=1)).replace(second=0, microsecond=0)
    case = opened("maternal.high_risk", CENTRE, "case_no", "W1", clinic=CENTRE, case_no="W1", id_card="990001199605010022", birth="1996-05-01", found_at=minute(at), colour="orange", infectious="false", factor="o8")
    lasts(case, at, 3, "days")
    refused(case, "report_red", "reporter01", "when-not")
    case = take(case, "report", "reporter01").json
    refused(case, "take", "panxingruo", "needs-missing", {"managed_by": MCH})
    refused(case, "take", "reporter01", "not-your-function")
    case = take(case, "take", "panxingruo", {"managed_by": MCH, "responsible": "Y01"}).json
    equal([o["name"] for o in case["concerns"]], ["示中区妇幼保健院"])
    case = take(case, "transfer", "panxingruo", {"managed_by": HOSPITAL}).json
    equal((case["state"]["id"], instant(case["due"])), ("transferred", end_of(instant(case["since"]), 1, "days")))
    case = take(case, "receive", "reporter01").json
    refused(case, "close", "panxingruo", "needs-missing")
    walked_case = take(case, "lower", "luyuan", {"conclusion": "已降级"})
    equal((walked_case.status, walked_case.json["state"]["id"]), (200, "lowered"), str(walked_case.body[:300]))


def a_maternal_death_is_reviewed():
    at = (NOW - timedelta(days=1)).replace(second=0, microsecond=0)
    case = opened("maternal.maternal_death", HOSPITAL, "case_no", "W1", hospital=HOSPITAL, case_no="W1", id_card="990001199605014162", birth="1996-05-01", died_at=minute(at), death_place="hospital", postpartum_day="3", cause="O72.1")
    lasts(case, at, 2, "days")
    case = take(case, "report", "renshi").json
    refused(case, "send", "renshi", "not-your-function")
    case = take(case, "send", "panxingruo").json
    refused(case, "review", "luyuan", "needs-missing", {"conclusion": "已评审"})
    walked(case_of(case), ("review", "luyuan", {"review": "avoidable", "conclusion": "已评审"}, "reviewed", None), before=("report", "send"))


def a_mental_disorder_is_passed_on_and_refused():
    day = NOW.date() - timedelta(days=3)
    case = opened("chronic.mental_report", HOSPITAL, "case_no", "W1", hospital=HOSPITAL, case_no="W1", id_card="990001195605010032", birth="1956-05-01", sex="1", diagnosed_on=day.isoformat(), disease="bipolar",
                  diagnosis="F31.100", first_onset_on="2025-03-01", danger="1")
    lasts(case, datetime(day.year, day.month, day.day, tzinfo=ZONE), 10, "working days")
    refused(case, "pass_on", "luyuan", "wrong-state")
    case = take(case, "report", "renshi").json
    equal(instant(case["due"]), end_of(instant(case["since"]), 5, "working days"))
    refused(case, "pass_on", "qinhaili", "needs-missing")
    case = take(case, "pass_on", "qinhaili", {"managed_by": CENTRE}).json
    refused(case, "refuse", "reporter01", "needs-missing")
    done = take(case, "refuse", "reporter01", {"conclusion": "拒绝管理"})
    equal((done.status, done.json["state"]["id"], done.json["ended"] is not None), (200, "refused", True), str(done.body[:300]))


def a_shortage_is_handled_raised_and_solved():
    day = NOW.date() - timedelta(days=1)
    case = opened("drug_shortage.short_report", HOSPITAL, "case_no", "W1", hospital=HOSPITAL, case_no="W1", drug="YP001", drug_name="示例注射液", spec="10ml:1g", list="watched", found_on=day.isoformat(), short_since=day.isoformat(),
                  cause="production", month_need="300", stock="20", replaceable="false")
    lasts(case, datetime(day.year, day.month, day.day, tzinfo=ZONE), 3, "working days")
    case = take(case, "report", "renshi").json
    refused(case, "reject", "luyuan", "needs-missing")
    refused(case, "verify", "renshi", "not-your-function")
    for step in ("verify", "handle", "raise", "handle"):
        case = take(case, step, "luyuan").json
    refused(case, "solve", "renshi", "needs-missing")
    done = take(case, "solve", "renshi", {"conclusion": "已恢复供应"})
    equal((done.status, done.json["state"]["id"]), (200, "solved"), str(done.body[:300]))


def a_need_is_met_and_asked_about():
    at = (NOW - timedelta(hours=2)).replace(second=0, microsecond=0)
    case = opened("drug_shortage.drug_need", CENTRE, "case_no", "W1", accepted_by=CENTRE, case_no="W1", id_card="990001196605010037", need_at=minute(at), channel="window", drug_name="示例胶囊", spec="0.5g", amount="2", urgent="true")
    lasts(case, at, 1, "working days")
    case = take(case, "accept", "reporter01").json
    refused(case, "seek", "luyuan", "when-not")
    case = take(case, "seek_urgent", "luyuan").json
    equal(instant(case["due"]), end_of(instant(case["since"]), 10, "working days"))
    refused(case, "supply", "reporter01", "needs-missing", {"supplied_by": HOSPITAL})
    held = take(case, "supply", "reporter01", {"supplied_by": HOSPITAL, "supplied_on": (at - timedelta(days=3)).date().isoformat()})
    problem(held, 409, "would-be-held")
    equal([f["rule"] for f in held.json["findings"] if f["level"] == "error"][-1], "supplied_later")
    problem(take(case, "explain", "chenxiaoyang", {"conclusion": "已答复"}), 404)
    case = take(case, "supply", "reporter01", {"supplied_by": HOSPITAL, "supplied_on": NOW.date().isoformat()}).json
    refused(case, "close", "reporter01", "needs-missing")
    done = take(case, "close", "reporter01", {"satisfied": "true"})
    equal((done.status, done.json["state"]["id"], done.json["values"]["satisfied"]), (200, "closed", "true"), str(done.body[:300]))


def a_need_that_was_filled_in_at_once_goes_through():
    at = (NOW - timedelta(hours=2)).replace(second=0, microsecond=0)
    case = opened("drug_shortage.drug_need", CENTRE, "case_no", "W2", accepted_by=CENTRE, case_no="W2", id_card="990001196605010037", need_at=minute(at), channel="window", drug_name="示例片", spec="0.5g", amount="2", urgent="false",
                  supplied_by=HOSPITAL, supplied_on=NOW.date().isoformat(), satisfied="true")
    case = take(case, "accept", "luyuan").json
    refused(case, "seek_urgent", "luyuan", "when-not")
    walked(case, ("seek", "reporter01", None, "seeking", (10, "working days")), ("supply", "luyuan", None, "supplied", (5, "working days")), ("close", "reporter01", None, "closed", None), before=("accept",))


def a_need_that_cannot_be_met_is_explained():
    at = (NOW - timedelta(hours=2)).replace(second=0, microsecond=0)
    case = opened("drug_shortage.drug_need", CENTRE, "case_no", "W3", accepted_by=CENTRE, case_no="W3", id_card="990001196605010037", need_at=minute(at), channel="window", drug_name="示例颗粒", spec="0.5g", amount="2", urgent="false")
    refused(case, "explain", "luyuan", "needs-missing")
    walked(case, ("explain", "luyuan", {"conclusion": "已解释"}, "explained", None))


def case_of(case):
    return get(SERVER, WHO["luyuan"], f"cases/{case['uid']}")


def begin():
    security = SERVER.login("secadmin01")
    accounts = {a["username"]: a["uid"] for name in ("qinhaili", "panxingruo") for a in get(SERVER, security, f"accounts?q={name}")["rows"]}
    for name in ("qinhaili", "panxingruo"):
        equal(SERVER.post(f"/api/v1/accounts/{accounts[name]}/grants", {"role": "handler", "where": {"kind": "area", "area": "990101"}}, session=security).status, 201, name)
    WHO.update({name: SERVER.login(name) for name in ("renshi", "reporter01", "panxingruo", "qinhaili", "luyuan", "chenxiaoyang")})
    return instant(get(SERVER, WHO["renshi"], "session")["now"])


with Demo("--packs", os.path.join(SOURCE, "packs")) as SERVER:
    NOW = begin()
    run(a_card_is_reported_reviewed_returned_and_closed, two_hours_are_two_hours_from_the_diagnosis, a_corrected_time_moves_the_first_deadline_and_no_other, an_adverse_event_is_investigated_and_classified, a_woman_at_high_risk_is_taken_into_care,
        a_maternal_death_is_reviewed, a_mental_disorder_is_passed_on_and_refused, a_shortage_is_handled_raised_and_solved, a_need_is_met_and_asked_about,
        a_need_that_was_filled_in_at_once_goes_through, a_need_that_cannot_be_met_is_explained)
