"""What holds for every route of a server, read from its /api/openapi.json."""
from lib import equal, problem

UID = "0123456789abcdefghjkmnpqrs"
METHODS = ("get", "post", "patch", "delete")


def operations(server):
    for path, methods in server.get("/api/openapi.json").json["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def filled(path, operation, uid=UID):
    """The path with a value for each parameter that is none of its own."""
    for p in operation["parameters"]:
        if p["in"] == "path":
            words = p["schema"].get("enum", ["a"])
            path = path.replace("{" + p["name"] + "}", uid if "{26}" in p["schema"].get("pattern", "") else words[0])
    return path


def references(value):
    if isinstance(value, dict):
        if "$ref" in value:
            yield value["$ref"]
        for v in value.values():
            yield from references(v)
    elif isinstance(value, list):
        for v in value:
            yield from references(v)


def check_parameters(path, operation):
    named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
    equal(named, {s[1:-1] for s in path.split("/") if s.startswith("{")}, path)
    names = [(p["in"], p["name"]) for p in operation["parameters"]]
    equal(len(names), len(set(names)), f"parameters of {path} are named once")
    for p in operation["parameters"]:
        equal(p.get("required"), True if p["in"] == "path" else None, path)
        assert "type" in p["schema"], p


def is_any_text(schema):
    return schema["type"] == "string" and not {"pattern", "format", "enum"} & set(schema)


ODD_BODIES = (
    {}, {"nobody_knows_this": 1}, {"name": None, "size": None, "text": None, "reason": None, "upload": None, "edits": None, "username": None},
    {"name": 1, "size": "x", "text": [], "reason": {}, "upload": 7, "edits": "x", "username": [], "password": {}, "old": 1, "new": [], "roles": "x",
     "where": 1, "what": [], "role": {}, "person": "x", "org": [], "state": 1, "answer": [], "kind": {}, "note": [], "until": 1, "share": "x",
     "alias": {}, "sha256": [], "again": "x", "apply": 7, "version": "x"},
    {"name": "x" * 30000, "text": "x" * 30000, "reason": "x" * 30000, "upload": "x" * 30000, "username": "x" * 30000, "password": "x" * 30000,
     "until": "2026-02-30", "roles": ["nothing"] * 100, "edits": [{"path": "/items/99999999999999999999/title", "old": "", "new": ""}]},
    {"edits": [1, None, [], {}, {"path": ""}, {"path": "/"}, {"path": "/items/-1/title", "old": None, "new": None}], "roles": [1, None, {}],
     "where": {"kind": "org", "org": "x"}, "what": {"kind": "plan"}, "person": {"uid": "x"}},
)


def tests(server, session, *others):
    """The tests, for lib.run. `session`, `others`: headers of accounts that may do much."""
    has_session = lambda operation: bool(operation["security"])

    def the_description_is_well_formed_openapi():
        api = server.get("/api/openapi.json", session=None).json
        assert api["openapi"].startswith("3.1"), api["openapi"]
        assert api["info"]["title"] and api["info"]["version"]
        for ref in references(api):
            assert ref.startswith("#/components/schemas/"), ref
            assert ref.rsplit("/", 1)[1] in api["components"]["schemas"], f"{ref} is described nowhere"
        for method, path, operation in operations(server):
            assert path.startswith("/") and ":" not in path, path
            assert method in METHODS, method
            assert operation["summary"] and operation["responses"], path
            check_parameters(path, operation)
            equal("requestBody" in operation and method == "get", False, path)
            for s in operation["security"]:
                assert set(s) <= set(api["components"]["securitySchemes"])

    def every_route_asks_for_a_session():
        count = 0
        for method, path, operation in operations(server):
            address = filled(path, operation)
            answer = server.request(method.upper(), address, session=None)
            if has_session(operation):
                problem(answer, 401, "no-session")
                expired = {"Cookie": "bihuan=gone", "X-CSRF-Token": "x"}
                problem(server.request(method.upper(), address, session=expired), 401, "session-expired")
                count += 1
            else:
                assert answer.status < 500, path
        assert count >= 10, count

    def every_change_asks_for_the_token():
        for method, path, operation in operations(server):
            if has_session(operation) and method != "get":
                problem(server.request(method.upper(), filled(path, operation), session={"Cookie": session["Cookie"]}), 403, "csrf")

    def every_route_refuses_a_wrong_parameter_at_its_place():
        for method, path, operation in operations(server):
            good = filled(path, operation)
            ask = lambda address: server.request(method.upper(), address, session=session)
            problem(ask(good + "?nobody_knows_this=1"), 400, at="query:nobody_knows_this")
            for p in operation["parameters"]:
                if is_any_text(p["schema"].get("items", p["schema"])):
                    continue
                if p["in"] == "query":
                    problem(ask(f"{good}?{p['name']}=!"), 400, at=f"query:{p['name']}")
                else:
                    bad = path.replace("{" + p["name"] + "}", "!")
                    problem(ask(filled(bad, operation)), 400, at=f"path:{p['name']}")

    def an_object_that_is_not_there_is_not_found():
        for method, path, operation in operations(server):
            if method == "get" and "{uid}" in path and path.startswith("/api/v1/"):
                status = server.get(filled(path, operation), session=session).status
                assert status in (403, 404), f"{path}: {status}"

    def no_body_however_odd_is_our_mistake():
        for method, path, operation in operations(server):
            if "requestBody" not in operation:
                continue
            for body in ODD_BODIES:
                for asker in (session, *others):
                    headers = {"If-Match": '"1"', "Upload-Offset": "0"}
                    answer = server.request(method.upper(), filled(path, operation), body, session=asker, headers=headers)
                    assert answer.status < 500, f"{method} {path} {str(body)[:80]}: {answer.body[:300]}"

    return [the_description_is_well_formed_openapi, every_route_asks_for_a_session, every_change_asks_for_the_token,
            every_route_refuses_a_wrong_parameter_at_its_place, an_object_that_is_not_there_is_not_found, no_body_however_odd_is_our_mistake]
