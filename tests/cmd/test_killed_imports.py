#!/usr/bin/env python3
"""Imports that are killed at random, by every way in and in every mode: the store opens clean, each file is whole or absent, and sending it again completes it. After each kill all tables are held
against those of a twin in which nobody was disturbed. BIHUAN_TEST_LONG: 200 times, else ten on each store, once by every way. `postgres`: on PostgreSQL."""
import http.client
import json
import os
import random
import socket
import sys
import time

from lib import Store, equal, run
from twins import ROWS, TABLES, City, Client, Twin, ask, by_api, by_command, by_upload, dump, make_packs, same, sound

KILLS = 200 if os.environ.get("BIHUAN_TEST_LONG") else 10
SEED = int(os.environ.get("BIHUAN_TEST_SEED", "20261123"))
WAYS = [("command", "add"), ("upload", "add"), ("api", "add"), ("mllp", "add"), ("command", "correct"), ("upload", "replace"), ("command", "recheck"), ("api", "correct"), ("command", "replace"),
        ("upload", "correct")]


# --- Messages ----------------------------------------------------------------------------------------------------------------------

def mllp_port(store):
    with open(store.path("log"), encoding="utf-8") as f:
        return [json.loads(line)["port"] for line in f if '"mllp-started"' in line][-1]


def by_mllp(store, messages, acknowledged):
    """One after the other; those that were answered AA are remembered."""
    with socket.create_connection(("127.0.0.1", mllp_port(store)), timeout=60) as line:
        for message in messages:
            line.sendall(b"\x0b" + message.encode() + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                piece = line.recv(4096)
                if not piece:
                    raise ConnectionError("closed")
                answer += piece
            assert b"MSA|AA" in answer, answer
            acknowledged.append(message)


def send(store, way, mode, sent, number, acknowledged):
    if way == "mllp":
        by_mllp(store, sent, acknowledged)
        wait_for(lambda: set(numbers(acknowledged)) <= {r[4] for r in ask(store, TABLES["records"])})
        return
    client = Client(store)
    client.settled()
    if way == "upload":
        by_upload(client, sent, mode)
    else:
        by_api(client, sent, number)


def wait_for(condition):
    for _ in range(900):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("messages are not in the records")


def numbers(messages):
    return [message.split("PV1|1|I|")[1].split("|")[16] for message in messages]


# --- Killing ----------------------------------------------------------------------------------------------------------------------

def kill_server_during(store, chance, seconds, work):
    """What it does ends when the server does; whether it was quicker."""
    pid = os.fork()
    if pid == 0:
        try:
            work()
            os._exit(0)
        except (OSError, http.client.HTTPException):
            os._exit(1)
        except BaseException as e:  # pylint: disable=broad-except
            print(f"# {type(e).__name__}: {e}", file=sys.stderr, flush=True)
            os._exit(2)
    time.sleep(chance.uniform(0.05, seconds))
    store.process.kill()
    store.process.wait()
    store.process = None
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status in (0, 1), "what was answered was wrong"
    return status == 0


class Round:
    """One file: into the twin undisturbed, into the other killed, looked at and sent again."""

    def __init__(self, number, city, chance):
        self.number, self.chance = number, chance
        self.way, self.mode = WAYS[number % len(WAYS)]
        self.when = f"kill {number}, {self.mode} by {self.way}, seed {SEED}"
        self.messages = city.hl7() if self.way == "mllp" else None
        self.sent = self.messages or ("" if self.mode == "recheck" else getattr(city, self.mode)())

    def undisturbed(self, twin):
        if self.mode == "recheck":
            for one in (twin, victim):
                make_packs(one.path("packs"), self.number // len(WAYS) + 1)
                one.run("pack", "upgrade", one.path("packs"))
        file = twin.write("v.hl7" if self.messages else f"v{self.number}.csv", "".join(self.messages) if self.messages else self.sent)
        begun = time.monotonic()
        equal(by_command(twin, file, self.mode), 0, f"{self.when}: undisturbed")
        self.seconds = time.monotonic() - begun
        self.want = dump(twin)

    def killed(self):
        """In a process of its own, or in a server; the store afterwards, when what was under way has ended."""
        acknowledged = []
        if self.way == "command":
            self.file = victim.write(f"v{self.number}.csv", self.sent)
            by_command(victim, self.file, self.mode, self.chance.uniform(0.02, self.seconds * 1.2))
            return self.reopened(acknowledged)
        victim.serve()
        seconds = self.seconds * 1.5 if self.way != "mllp" else 1.5
        kill_server_during(victim, self.chance, seconds, lambda: self.send(acknowledged))
        return self.reopened(acknowledged)

    def send(self, acknowledged):
        if self.way == "mllp":
            with open(victim.path("acknowledged"), "w", encoding="utf-8") as f:
                class Kept(list):
                    def append(self, message):
                        f.write(numbers([message])[0] + "\n")
                        f.flush()
                        super().append(message)
                send(victim, self.way, self.mode, self.sent, self.number, Kept())
        else:
            send(victim, self.way, self.mode, self.sent, self.number, acknowledged)

    def reopened(self, _):
        victim.serve()
        Client(victim).settled()
        if self.way == "mllp":
            with open(victim.path("acknowledged"), encoding="utf-8") as f:
                said = set(f.read().split())
            wait_for(lambda: said <= {r[4] for r in ask(victim, TABLES["records"])})
            time.sleep(0.3)
        if self.way == "command":
            victim.stop()

    def whole_or_absent(self, before):
        sound(victim, self.when)
        now = ask(victim, TABLES["records"])
        if self.way == "mllp":
            assert set(before["records"]) <= set(now) <= set(self.want["records"]), f"{self.when}: a message that is not whole"
        else:
            assert now in (before["records"], self.want["records"]), f"{self.when}: half of it is there: {len(now)} rows, before {len(before['records'])}, whole {len(self.want['records'])}"
        return now == self.want["records"]

    def completed(self):
        if self.way == "command":
            equal(by_command(victim, self.file, self.mode), 0, f"{self.when}: again")
        else:
            send(victim, self.way, self.mode, self.sent, self.number, [])
            victim.stop()
        sound(victim, self.when)
        same(dump(victim), self.want, self.when)


def killed_at_random_nothing_is_lost_or_half_there():
    chance = random.Random(SEED)
    city, whole = City(chance), 0
    with Twin(victim) as twin:
        before = dump(twin)
        for number in range(KILLS):
            one = Round(number, city, chance)
            one.undisturbed(twin)
            one.killed()
            whole += one.whole_or_absent(before)
            one.completed()
            before = one.want
        print(f"# {KILLS} kills, {whole} times the file was whole afterwards; {len(before['records'])} records, {len(before['history'])} in the history, {len(before['defects'])} defects,"
              f" {len(before['persons'])} persons", flush=True)
        assert len(before["records"]) > ROWS and len(before["history"]) > ROWS


if __name__ == "__main__":
    with Store() as victim:
        make_packs(victim.path("packs"), 0)
        victim.run("pack", "install", victim.path("packs"))
        victim.write("bihuan.conf", "[mllp]\nlisten = 127.0.0.1\nport = 0\n")
        run(killed_at_random_nothing_is_lost_or_half_there)
