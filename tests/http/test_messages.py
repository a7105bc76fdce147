#!/usr/bin/env python3
"""HL7 v2 over MLLP and FHIR over HTTP, by a pack of the test's own: answered when durable and checked, with the reason otherwise; sent again, in pieces, by many, cut off."""
import json
import os
import shutil
import socket
import tempfile
import threading
import time

from lib import BINARY, Demo, equal, problem, run, wait_until

PACK = """pack: visits
version: 1.0.0
needs: bihuan 1
name: 就诊
name_en: Visits
datasets:
  visit:
    name: 就诊记录
    name_en: Visits
    kind: event
    org: hospital
    date: came_on
    key: [number]
    fields:
      hospital: {name: 医院, name_en: Hospital, type: org, required: true}
      number: {name: 就诊号, name_en: Number, type: text, required: true}
      came_on: {name: 就诊日期, name_en: Day, type: date, required: true}
      sex: {name: 性别, name_en: Sex, type: text}
    rules:
      - {id: known_sex, check: "sex in ('1', '2')", level: error, says: 性别应为1或2, says_en: Sex is 1 or 2, about: [sex]}
    sources:
      fhir:
        resource: Encounter
        fields: {number: identifier.value, came_on: period.start, sex: type.text}
      hl7:
        message: [ADT_A01]
        fields: {hospital: MSH-4, number: PV1-19, came_on: PV1-44, sex: PID-8}
"""
PROOF = """proof:
  - id: wrong_sex
    says: 性别不对的行留下问题
    says_en: A row of another sex has its defect
    dataset: visit
    file: visits.csv
    today: 2026-03-20
    defects: [{row: 2, rule: known_sex}]
"""
ROWS = "hospital,number,came_on,sex\nA,V1,2026-03-01,1\nA,V2,2026-03-01,7\n"
HOSPITAL = "990000-YY01"


def message(n, sex="1", sender=HOSPITAL, kind="ADT^A01"):
    return "\r".join([f"MSH|^~\\&|HIS|{sender}|BH|WJW|20260310080000||{kind}|M{n}|P|2.5.1", "EVN|A01|20260310", f"PID|1||X{n}||||19800101|{sex}",
                      f"PV1|1|I|||||||||||||||||V{n}|||||||||||||||||||||||||20260310080000", ""]).encode()


class Line:
    """One connection: frames out, answers in."""

    def __init__(self):
        self.socket = socket.create_connection(("127.0.0.1", PORT), timeout=30)

    def send(self, content):
        self.socket.sendall(b"\x0b" + content + b"\x1c\r")

    def answer(self):
        got = b""
        while not got.endswith(b"\x1c\r"):
            piece = self.socket.recv(4096)
            if not piece:
                raise ConnectionError("closed")
            got += piece
        return got[1:-2].decode()

    def ask(self, content):
        self.send(content)
        return self.answer()

    def close(self):
        self.socket.close()


def field(answer, segment, n):
    line = next((s for s in answer.split("\r") if s.startswith(segment)), "")
    return (line.split("|") + [""] * 20)[n]


def records():
    rows, cursor = [], ""
    while cursor is not None:
        page = SERVER.get(f"/api/v1/records/visits.visit?limit=500&cursor={cursor}", session=SENDER)
        rows, cursor = rows + page.json["rows"], page.json["next"]
    return rows


def mllp_port():
    with open(os.path.join(SERVER.folder, "log"), encoding="utf-8") as f:
        ports = [json.loads(line)["port"] for line in f if '"mllp-started"' in line]
    return ports[-1]


def a_message_is_taken_when_it_is_durable_and_right():
    line = Line()
    answer = line.ask(message(1))
    equal([field(answer, "MSA", 1), field(answer, "MSA", 2)], ["AA", "M1"], answer)
    equal(field(line.ask(message(1)), "MSA", 1), "AA")
    wait_until(lambda: len(records()) == 1, 90, "the import")
    line.close()


def what_is_wrong_is_answered_with_its_reason():
    line = Line()
    for content, code in ((message(2, sex="7"), "AE"), (message(3, sender="NOWHERE"), "AE"), (message(4, kind="SIU^S12"), "AR"), (b"nothing", "AR"),
                          (message(5).replace(b"|M5|", b"||"), "AE"), (b"MSH|^~\\&|" + b"x" * 600000, "AE")):
        answer = line.ask(content)
        equal(field(answer, "MSA", 1), code, answer[:300])
    assert "known_sex" in line.ask(message(2, sex="7"))
    equal(field(line.ask(message(6)), "MSA", 1), "AA")
    line.close()


def pieces_and_several_frames_at_once():
    line = Line()
    whole = b"\x0b" + message(7) + b"\x1c\r"
    for i in range(0, len(whole), 7):
        line.socket.sendall(whole[i:i + 7])
    equal(field(line.answer(), "MSA", 2), "M7")
    line.socket.sendall(b"\x0b" + message(8) + b"\x1c\r\x0b" + message(9) + b"\x1c\r")
    first = line.answer()
    equal(field(first, "MSA", 2), "M8", first)
    line.close()  # gone before the second answer


def frames_that_are_none_are_passed_over_or_answered():
    line = Line()
    line.socket.sendall(b"\r\n\x1c\rGET / HTTP/1.1\r\n\r\n" + b"\x0b" + message(300) + b"\x1c\r")
    equal(field(line.answer(), "MSA", 2), "M300", "what stands outside of frames")
    line.socket.sendall(b"\x0b" + message(301)[:100] + b"\x0b" + message(302) + b"\x1c\r")
    first = line.answer()
    equal([field(first, "MSA", 1), field(first, "MSA", 2)], ["AE", "M301"], "a frame that was not ended")
    equal(field(line.answer(), "MSA", 2), "M302")
    line.socket.sendall(b"\x0b" + message(303) + b"\x1c")  # the end's second byte comes late, with the next frame
    time.sleep(0.2)
    line.socket.sendall(b"\r\x0b" + message(304).replace(b"\r", b"\r\n") + b"\x1c\r")
    equal([field(line.answer(), "MSA", 2), field(line.answer(), "MSA", 2)], ["M303", "M304"])
    line.socket.sendall(b"\x0b" + message(305)[:150])
    line.close()  # half a message: nothing of it is taken
    whole = Line()
    equal(field(whole.ask(message(306)), "MSA", 1), "AA")
    whole.close()
    wait_until(lambda: {"V300", "V302", "V303", "V304", "V306"} <= {r["values"]["number"] for r in records()}, 90, "the import")
    assert not {"V301", "V305"} & {r["values"]["number"] for r in records()}


def a_message_has_the_encoding_that_it_says():
    line = Line()
    for n, charset, encoding in ((400, "GB18030", "gb18030"), (401, "GB 18030-2000", "gb18030"), (402, "UNICODE UTF-8", "utf-8"), (403, "", "utf-8"), (404, "", "gb18030"), (405, "ASCII", "utf-8")):
        text = message(n).decode().replace(f"|V{n}|", f"|门诊号乱{n}|").replace("|2.5.1\r", f"|2.5.1||||||{charset}\r")
        answer = line.ask(text.encode(encoding))
        equal([field(answer, "MSA", 1), field(answer, "MSA", 2)], ["AA", f"M{n}"], f"{charset} in {encoding}: {answer[:300]}")
    line.close()
    wait_until(lambda: {f"门诊号乱{n}" for n in range(400, 406)} <= {r["values"]["number"] for r in records()}, 90, "the import")


def messages_of_other_versions_and_delimiters_are_read():
    line = Line()
    for n, change in ((500, (b"|2.5.1", b"|2.3")), (501, (b"|2.5.1", b"|2.8.2")), (502, (b"\r", b"\n")), (503, (b"\rPV1", b"\rZXX|what|is|this\rPV1"))):
        equal(field(line.ask(message(n).replace(*change)), "MSA", 1), "AA", str(change))
    other = message(504).replace(b"|^~\\&|", b"#*~!%#").replace(b"ADT^A01", b"ADT*A01").replace(b"|", b"#")
    answer = line.ask(other)
    equal(field(answer, "MSA", 1), "AA", answer)
    line.close()
    wait_until(lambda: {f"V{n}" for n in range(500, 505)} <= {r["values"]["number"] for r in records()}, 90, "the import")


def two_hundred_connections_need_little_memory():
    lines = [Line() for _ in range(200)]
    large = b"\rNTE|1||" + b"x" * 100000 + b"\r"
    for k, line in enumerate(lines):
        line.send(message(600 + k).rstrip(b"\r") + large)
    equal([field(line.answer(), "MSA", 1) for line in lines], ["AA"] * 200)
    one_more = Line()
    equal(one_more.socket.recv(1), b"", "one connection more is closed")
    one_more.close()
    with open(f"/proc/{SERVER.process.pid}/status", encoding="ascii") as f:
        peak_mb = next(int(text.split()[1]) for text in f if text.startswith("VmHWM")) // 1024
    with open(BINARY, "rb") as f:
        sanitized = b"__asan_init" in f.read()
    print(f"# 200 connections: {peak_mb} MB at most", flush=True)
    assert sanitized or peak_mb <= 200, f"{peak_mb} MB"
    for line in lines:
        line.close()
    again = wait_until(room_again, 20, "room for another connection")
    equal(field(again.ask(message(800)), "MSA", 1), "AA")
    again.close()


def room_again():
    line = Line()
    line.socket.settimeout(0.3)
    try:
        if line.socket.recv(1) == b"":
            line.close()
            return None
    except (TimeoutError, OSError):
        pass
    line.socket.settimeout(30)
    return line


def many_connections_share_a_commit():
    answers = []

    def one(k):
        line = Line()
        for n in range(5):
            answers.append(field(line.ask(message(1000 + 10 * k + n)), "MSA", 1))
        line.close()
    threads = [threading.Thread(target=one, args=(k,)) for k in range(32)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(answers, ["AA"] * 160)


def what_was_answered_survives_a_kill():
    global PORT
    line = Line()
    for n in range(2000, 2010):
        equal(field(line.ask(message(n)), "MSA", 1), "AA")
    SERVER.kill()
    SERVER.start()
    PORT = mllp_port()
    wait_until(lambda: {f"V{n}" for n in range(2000, 2010)} <= {r["values"]["number"] for r in records()}, 90, "the import")
    line = Line()
    equal(field(line.ask(message(2000)), "MSA", 1), "AA")
    numbers = [r["values"]["number"] for r in records()]
    equal(len(numbers), len(set(numbers)))
    line.close()


def fhir(body, headers=None, path="/fhir", session=None):
    return SERVER.request("POST", path, json.dumps(body) if not isinstance(body, str) else body, {"Content-Type": "application/fhir+json", **(headers or {})}, session or SENDER)


def encounter(n, sex="1"):
    return {"resourceType": "Encounter", "status": "finished", "identifier": [{"value": f"F{n}"}], "period": {"start": "2026-03-11"}, "type": [{"text": sex}]}


def bundle(kind, *resources):
    return {"resourceType": "Bundle", "type": kind, "entry": [{"resource": r, "request": {"method": "POST", "url": "Encounter"}} for r in resources]}


def fhir_is_taken_and_answered_in_its_words():
    answer = fhir(bundle("transaction", encounter(1), encounter(2)))
    equal([answer.status, answer.json.get("type"), len(answer.json.get("entry", []))], [200, "transaction-response", 2], str(answer.body[:500]))
    answer = fhir(bundle("transaction", encounter(3), encounter(4, "9")))
    equal([answer.status, answer.json["resourceType"]], [422, "OperationOutcome"], str(answer.body[:500]))
    answer = fhir(bundle("batch", encounter(5), encounter(6, "9")))
    equal([answer.status, answer.json["type"]], [200, "batch-response"], str(answer.body[:500]))
    equal(fhir(encounter(7), path="/fhir/Encounter").status, 200)
    equal(fhir("\n".join(json.dumps(encounter(n)) for n in range(20, 30)), path="/fhir/$import").status, 200)
    numbers = {r["values"]["number"] for r in records()}
    assert {"F1", "F2", "F5", "F7", "F29"} <= numbers and not {"F3", "F4"} & numbers, numbers
    for body, status in (("{", 400), ({"resourceType": "Patient"}, 422), ({"a": 1}, 400), (bundle("searchset"), 400)):
        answer = fhir(body)
        equal([answer.status, answer.json["resourceType"]], [status, "OperationOutcome"], str(answer.body[:300]))
    equal(SERVER.get("/fhir/metadata", session=None).json["fhirVersion"], "4.0.1")


FOLDER = tempfile.mkdtemp(prefix="bihuan-packs-")
shutil.copy(os.path.join(os.environ["SOURCE_ROOT"], "packs", "elements.yaml"), FOLDER)
for name in os.listdir(os.path.join(os.environ["SOURCE_ROOT"], "packs")):
    if name.endswith(".csv"):
        shutil.copy(os.path.join(os.environ["SOURCE_ROOT"], "packs", name), FOLDER)
os.makedirs(os.path.join(FOLDER, "visits", "tests"))
for name, text in (("pack.yaml", PACK), ("tests/proof.yaml", PROOF), ("tests/visits.csv", ROWS)):
    with open(os.path.join(FOLDER, "visits", name), "w", encoding="utf-8") as f:
        f.write(text)
os.environ.update(BIHUAN_MLLP_LISTEN="127.0.0.1", BIHUAN_MLLP_PORT="0")
try:
    with Demo("--packs", FOLDER) as SERVER:
        SENDER = SERVER.login("zhangshuchuan")
        PORT = mllp_port()
        run(a_message_is_taken_when_it_is_durable_and_right, what_is_wrong_is_answered_with_its_reason, pieces_and_several_frames_at_once,
            frames_that_are_none_are_passed_over_or_answered, a_message_has_the_encoding_that_it_says, messages_of_other_versions_and_delimiters_are_read, many_connections_share_a_commit,
            two_hundred_connections_need_little_memory, fhir_is_taken_and_answered_in_its_words, what_was_answered_survives_a_kill)
finally:
    shutil.rmtree(FOLDER, ignore_errors=True)
