"""Invented visits to a clinic, the same ones in each format that institutions send: CSV, workbook, FHIR R4 (as NDJSON or entries of a bundle), HL7 v2."""
import csv
import json
import zipfile

COLUMNS = ("hospital", "visit_no", "kind", "visited_at", "department", "id_card", "person_name", "birth", "sex", "phone", "diagnosis", "visit_fee")
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
SURNAMES, GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "设示例拟初明和平春夏秋冬"
ILLS = ("J06.900", "I10.x00", "E78.500", "K29.500", "M54.500")


def id_card(n):
    body = f"990101{1940 + n % 60}{1 + n // 60 % 12:02}{1 + n // 720 % 28:02}{n // 20160 % 1000:03}"
    return body + "10X98765432"[sum(int(c) * w for c, w in zip(body, WEIGHTS)) % 11]


def visit(hospital, n):
    """In the order of COLUMNS. Somebody comes twice in three visits or so."""
    who = n * 7919 % 15013
    card = id_card(who)
    name = SURNAMES[who % 16] + GIVEN[who // 16 % 12] + GIVEN[who // 192 % 12]
    at = f"2026-0{1 + n // 28 % 2}-{1 + n % 28:02}T{8 + n % 9:02}:{n // 9 % 60:02}"
    return (hospital, f"MZ{n:08}", "1", at, "02", card, name, f"{card[6:10]}-{card[10:12]}-{card[12:14]}", str(2 - int(card[16]) % 2), f"169{who:08}", ILLS[n % 5], f"{20 + n % 300}.50")


def write_csv(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(COLUMNS)
        out.writerows(rows)


def resources(row):
    """A patient, a condition, who saw him, the encounter: it says the others by reference."""
    hospital, number, _, at, department, card, name, birth, sex, phone, ill, _ = row
    patient, condition, doctor = f"p{number}", f"c{number}", f"d{number}"
    return [
        {"resourceType": "Patient", "id": patient, "identifier": [{"system": "urn:oid:2.16.156.10011.1.3", "value": card}], "name": [{"text": name}], "gender": "male" if sex == "1" else "female", "birthDate": birth,
         "telecom": [{"system": "phone", "value": phone}]},
        {"resourceType": "Condition", "id": condition, "subject": {"reference": f"Patient/{patient}"}, "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": ill}]}},
        {"resourceType": "Practitioner", "id": doctor, "identifier": [{"value": "D990000132"}]},
        {"resourceType": "Encounter", "id": f"e{number}", "identifier": [{"value": number}], "status": "finished", "class": {"code": "AMB"}, "subject": {"reference": f"Patient/{patient}"},
         "period": {"start": f"{at}:00+08:00"}, "serviceProvider": {"identifier": {"value": hospital}}, "serviceType": {"coding": [{"code": department}]},
         "participant": [{"individual": {"reference": f"Practitioner/{doctor}"}}], "diagnosis": [{"condition": {"reference": f"Condition/{condition}"}, "rank": 1}]},
    ]


def write_fhir(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        for row in rows:
            file.writelines(json.dumps(resource, ensure_ascii=False, separators=(",", ":")) + "\n" for resource in resources(row))


def bundle(rows):
    entries = [{"resource": resource, "request": {"method": "POST", "url": resource["resourceType"]}} for row in rows for resource in resources(row)]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries}, ensure_ascii=False).encode()


def message(row):
    hospital, number, _, at, department, card, name, birth, sex, phone, ill, _ = row
    when = at.replace("-", "").replace("T", "").replace(":", "") + "00+0800"
    return (f"MSH|^~\\&|HIS|{hospital}|BIHUAN|CITY|{when}||ADT^A04|M{number}|P|2.4||||||UNICODE UTF-8\rEVN|A04|{when}\r"
            f"PID|1||{card}^^^^NI||{name}||{birth.replace('-', '')}|{'M' if sex == '1' else 'F'}|||||{phone}\rPV1|1|O|{department}||||D990000119|||{department}|||||||||{number}|||||||||||||||||||||||||{when}\rDG1|1||{ill}\r")


def write_hl7(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.writelines(message(row) for row in rows)


def write_xlsx(path, rows):
    """One sheet; texts stand in the cells, as programs that stream write them. `rows` may be a generator that looks at the file's size."""
    rels = '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>'
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as z:
        z.writestr("[Content_Types].xml", '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                   '<Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
                   '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>')
        z.writestr("_rels/.rels", rels.format("officeDocument", "xl/workbook.xml"))
        z.writestr("xl/workbook.xml", f'<?xml version="1.0"?><workbook xmlns="{main}" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>')
        z.writestr("xl/_rels/workbook.xml.rels", rels.format("worksheet", "worksheets/sheet1.xml"))
        with z.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData>'.encode())
            for row in rows:
                sheet.write(("<row>" + "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row) + "</row>").encode())
            sheet.write(b"</sheetData></worksheet>")
