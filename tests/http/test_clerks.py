#!/usr/bin/env python3
"""Many clerks at one list at the same time: by hand, many rows at once, and from workbooks that they took earlier. Nobody overwrites what he did not see: whatever the history of a
task tells was somebody's own wish, made on the value that stood there. Every name here is invented."""
import os
import random
import threading
from datetime import date, timedelta

import workbook
from client import added_document, ended, get, issue, pressed_plan, prove, start_job, upload
from lib import Demo, background, equal, run

ROUNDS = 40 if os.environ.get("BIHUAN_TEST_LONG") else 8
TASKS = 8
SEED = int(os.environ.get("BIHUAN_TEST_SEED", "20261122"))


class Wishes:
    """What everybody wanted: (task, field, value) with the value that he saw there; each value is wanted once."""

    def __init__(self):
        self.lock, self.n, self.saw = threading.Lock(), 0, {}

    def fresh(self, field):
        with self.lock:
            self.n += 1
            return f"第{self.n}稿" if field == "title" else (date(2026, 6, 1) + timedelta(days=self.n)).isoformat()

    def note(self, task, field, value, seen):
        with self.lock:
            self.saw[(task, field, value)] = seen


class Clerk:
    def __init__(self, server, session, plan, wishes, seed):
        self.server, self.session, self.plan, self.wishes, self.chance, self.wrong = server, session, plan, wishes, random.Random(seed), None
        self.done = self.refused = 0

    def rows(self):
        return get(self.server, self.session, f"tasks?plan={self.plan}&order=no&limit=100")["rows"]

    def work(self):
        try:
            for _ in range(ROUNDS):
                self.edit()
        except Exception as e:  # pylint: disable=broad-except
            self.wrong = e

    def edit(self):
        raise NotImplementedError


class ByHand(Clerk):
    def edit(self):
        row, field = self.chance.choice(self.rows()), self.chance.choice(("title", "due"))
        value = self.wishes.fresh(field)
        self.wishes.note(row["uid"], field, value, row[field])
        answer = self.server.post(f"/api/v1/tasks/{row['uid']}/amend", {"reason": "修改", "set": {field: value}}, session=self.session,
                                  headers={"If-Match": f'"{row["version"]}"'})
        if answer.status == 409:
            equal((answer.json["code"], answer.json["present"]["version"] > row["version"]), ("version-stale", True))
            self.refused += 1
        else:
            equal((answer.status, answer.json[field], answer.json["version"]), (200, value, row["version"] + 1))
            self.done += 1


class ManyRows(Clerk):
    def edit(self):
        rows, value = self.chance.sample(self.rows(), 4), self.wishes.fresh("due")
        for row in rows:
            self.wishes.note(row["uid"], "due", value, row["due"])
        wish = {"tasks": [{"uid": row["uid"], "version": row["version"]} for row in rows], "set": {"due": value}, "reason": "统一调整"}
        answer = self.server.post("/api/v1/tasks/bulk", wish, session=self.session)
        equal((answer.status, len(answer.json["done"]) + len(answer.json["refused"])), (200, 4), answer.body[:300])
        assert all(refused["code"] == "version-stale" and refused["present"] for refused in answer.json["refused"]), answer.json["refused"]
        self.done += len(answer.json["done"])
        self.refused += len(answer.json["refused"])


class ByWorkbook(Clerk):
    """Takes the list home, changes some cells, and brings it back when others were there."""

    def edit(self):
        content = self.server.get(f"/api/v1/tasks.xlsx?plan={self.plan}&order=no", session=self.session).body
        grid = workbook.cells(content)
        head = next(i for i, row in enumerate(grid) if "uid" in row or "标题" in row or "任务" in row)
        columns = {"title": self.column(grid[head], "title"), "due": self.column(grid[head], "due")}
        uid = self.uid_column(grid, head)
        edits = {}
        for at in self.chance.sample(range(head + 1, len(grid)), 3):
            field = self.chance.choice(("title", "due"))
            value = self.wishes.fresh(field)
            self.wishes.note(grid[at][uid], field, value, grid[at][columns[field]])
            edits[(at, columns[field])] = value
        wish = {"upload": upload(self.server, self.session, "清单.xlsx", workbook.changed(content, edits)), "plan": self.plan, "apply": True, "reason": "批量导入"}
        job = ended(self.server, self.session, start_job(self.server, self.session, "/api/v1/tasks/import", wish))
        equal((job["state"], job["error"]), ("done", None))
        result = job["result"]
        equal(result["new"] + result["gone"], 0, "rows that are not there")
        assert all(one["code"] in ("changed-both", "version-stale") for one in result["errors"]), result["errors"]
        self.done += result["changed"]
        self.refused += result["refused"]

    @staticmethod
    def column(heads, field):
        return next(i for i, text in enumerate(heads) if text in {"title": ("标题", "任务名称", "任务"), "due": ("完成时限", "完成期限", "期限")}[field])

    @staticmethod
    def uid_column(grid, head):
        return next(i for i in range(len(grid[head])) if len(grid[head + 1][i]) == 26 and grid[head + 1][i].isalnum())


def nobody_overwrites_what_he_did_not_see():
    with Demo() as server:
        issuer, auditor = server.login("issuer01"), server.login("auditadmin01")
        plan = issue(server, issuer, added_document(server, issuer, "a.txt", pressed_plan(1, TASKS).encode()))[0]["plan"]["uid"]
        wishes = Wishes()
        clerks = [kind(server, server.login("issuer01"), plan, wishes, SEED + i) for i, kind in enumerate([ByHand] * 5 + [ManyRows] * 3 + [ByWorkbook] * 4)]
        threads = [background(clerk.work) for clerk in clerks]
        for thread in threads:
            thread.join(600)
            assert not thread.is_alive(), "a clerk hangs"
        for clerk in clerks:
            if clerk.wrong:
                raise AssertionError(f"{type(clerk).__name__}: {clerk.wrong}") from clerk.wrong
        told = 0
        for row in get(server, issuer, f"tasks?plan={plan}&limit=100")["rows"]:
            task = get(server, issuer, f"tasks/{row['uid']}")
            for field in ("title", "due"):
                steps = [a for a in task["amendments"] if a["field"] == field]
                told += len(steps)
                for before, after in zip(steps, steps[1:]):
                    equal(after["old"], before["new"], f"the history of {field}")
                equal(task[field], steps[-1]["new"] if steps else task[field], field)
                for step in steps:
                    key = (task["uid"], field, step["new"])
                    assert key in wishes.saw, f"nobody wanted {field} {step['new']!r} in the place of {step['old']!r}"
                    equal(step["old"], wishes.saw[key], f"what stood there when somebody wanted {step['new']!r}")
        done = {kind.__name__: sum(c.done for c in clerks if isinstance(c, kind)) for kind in (ByHand, ManyRows, ByWorkbook)}
        refused = sum(c.refused for c in clerks)
        print(f"# {told} changes told, {done} acknowledged, {refused} refused", flush=True)
        assert min(done.values()) > 0 and refused > 0, "they did not meet"
        prove(server, auditor)


if __name__ == "__main__":
    run(nobody_overwrites_what_he_did_not_see)
