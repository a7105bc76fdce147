#!/usr/bin/env python3
"""Imports that are killed at random, by every way in and in every mode: the store opens clean, each file is whole or absent, and sending it again completes it. After each kill all tables are held
against those of a twin in which nobody was disturbed; after 20 kills both begin anew, so that neither they nor what is sent grows without end. BIHUAN_TEST_LONG: 200 times, else ten on each store,
once by every way. `postgres`: on PostgreSQL."""
import collections
import http.client
import json
import os
import random
import socket
import sys
import time

from lib import Store, equal, run
from twins import ROWS, TABLES, City, Client, Twin, ask, ask_as_left, by_api, by_command, by_upload, make_packs, print_of, prints, same, sound

KILLS = 200 if os.environ.get("BIHUAN_TEST_LONG") else 10
FRESH = 20  # kills of one store
SEED = int(os.environ.get("BIHUAN_TEST_SEED", "20261123"))
WAYS = [("command", "add"), ("upload", "add"), ("api", "add"), ("mllp", "add"), ("command", "correct"), ("upload", "replace"), ("command", "recheck"), ("api", "correct"), ("command", "replace"),
        ("upload", "correct")]
NUMBERS = "SELECT number FROM kin__visit"
REACHED = ("SELECT (SELECT count(*) FROM intake) AS intakes, (SELECT state FROM intake ORDER BY id DESC LIMIT 1) AS intake,"
           " (SELECT count(*) FROM batch) AS batches, (SELECT state FROM batch ORDER BY id DESC LIMIT 1) AS batch")


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
        wait_for(lambda: set(numbers(acknowledged)) <= {r[0] for r in ask(store, NUMBERS)})
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

    def __init__(self, number, stores, city, chance):
        self.number, self.chance, self.victim, self.twin = number, chance, *stores
        self.way, self.mode = WAYS[number % len(WAYS)]
        self.when = f"kill {number}, {self.mode} by {self.way}, seed {SEED}"
        self.messages = city.hl7() if self.way == "mllp" else None
        self.sent = self.messages or ("" if self.mode == "recheck" else getattr(city, self.mode)())
        self.before = set(ask(self.twin, TABLES["records"])) if self.messages else print_of(self.twin, TABLES["records"])

    def undisturbed(self):
        if self.mode == "recheck":
            for one in (self.twin, self.victim):
                make_packs(one.path("packs"), self.number // len(WAYS) + 1)
                one.run("pack", "upgrade", one.path("packs"))
        file = self.twin.write("v.hl7" if self.messages else f"v{self.number}.csv", "".join(self.messages) if self.messages else self.sent)
        begun = time.monotonic()
        equal(by_command(self.twin, file, self.mode), 0, f"{self.when}: undisturbed")
        self.seconds = time.monotonic() - begun
        self.want = prints(self.twin)

    def killed(self):
        """In a process of its own, or in a server; how far it had come."""
        reached = self.reached()
        if self.way == "command":
            self.file = self.victim.write(f"v{self.number}.csv", self.sent)
            by_command(self.victim, self.file, self.mode, self.chance.uniform(0.02, self.seconds * 1.2))
        else:
            self.victim.serve()
            seconds = self.seconds * 1.5 if self.way != "mllp" else 1.5
            kill_server_during(self.victim, self.chance, seconds, self.send)
        return self.step(reached, self.reached())

    def reached(self):
        return list(ask_as_left(self.victim, REACHED)[0])

    def step(self, before, after):
        """In which step of its arrival the last file was."""
        if after == before:
            return "before it arrived"
        if after[2] == before[2]:
            return f"while {after[1]}"
        return "in the apply" if after[3] == "applying" else "after the apply"

    def send(self):
        if self.way == "mllp":
            with open(self.victim.path("acknowledged"), "w", encoding="utf-8") as f:
                class Kept(list):
                    def append(self, message):
                        f.write(numbers([message])[0] + "\n")
                        f.flush()
                        super().append(message)
                send(self.victim, self.way, self.mode, self.sent, self.number, Kept())
        else:
            send(self.victim, self.way, self.mode, self.sent, self.number, [])

    def reopened(self):
        """When what was under way has ended."""
        self.victim.serve()
        Client(self.victim).settled()
        if self.way == "mllp":
            with open(self.victim.path("acknowledged"), encoding="utf-8") as f:
                said = set(f.read().split())
            wait_for(lambda: said <= {r[0] for r in ask(self.victim, NUMBERS)})
            time.sleep(0.3)
        if self.way == "command":
            self.victim.stop()

    def whole_or_absent(self):
        sound(self.victim, self.when)
        now, want = print_of(self.victim, TABLES["records"]), self.want["records"]
        if self.way == "mllp":
            assert self.before <= set(ask(self.victim, TABLES["records"])) <= set(ask(self.twin, TABLES["records"])), f"{self.when}: a message that is not whole"
        else:
            assert now in (self.before, want), f"{self.when}: half of it is there: {now[0]} rows, before {self.before[0]}, whole {want[0]}"
        return now == want

    def completed(self):
        if self.way == "command":
            equal(by_command(self.victim, self.file, self.mode), 0, f"{self.when}: again")
        else:
            send(self.victim, self.way, self.mode, self.sent, self.number, [])
            self.victim.stop()
        sound(self.victim, self.when)
        same(self.victim, self.twin, self.want, self.when)


def killed_from(first, last, chance, steps):
    """So many kills on a store of their own; how often the file was whole, and the prints in the end."""
    city, whole = City(chance), 0
    with Store() as victim:
        make_packs(victim.path("packs"), 0)
        victim.run("pack", "install", victim.path("packs"))
        victim.write("bihuan.conf", "[mllp]\nlisten = 127.0.0.1\nport = 0\n")
        with Twin(victim) as twin:
            for number in range(first, last):
                one = Round(number, (victim, twin), city, chance)
                one.undisturbed()
                step = one.killed()
                one.reopened()
                there = one.whole_or_absent()
                print(f"# {one.when}: {step}, {'whole' if there else 'not there'} when opened again, {one.want['records'][0]} records", flush=True)
                one.completed()
                steps[step] += 1
                whole += there
    return whole, one.want


def killed_at_random_nothing_is_lost_or_half_there():
    chance, steps, whole = random.Random(SEED), collections.Counter(), 0
    for first in range(0, KILLS, FRESH):
        there, last = killed_from(first, min(first + FRESH, KILLS), chance, steps)
        whole += there
        assert last["records"][0] > ROWS and last["history"][0] > ROWS, last
    print(f"# {KILLS} kills, {whole} times the file was whole when the store was opened again; killed {dict(steps)}", flush=True)


if __name__ == "__main__":
    run(killed_at_random_nothing_is_lost_or_half_there)
