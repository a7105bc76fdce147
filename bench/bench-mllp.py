#!/usr/bin/env python3
"""HL7 v2 messages a second over MLLP, each answered when it is durable and its rows are checked: one connection, and 64. Beside it what the disk gives: files of the same bytes written and synced one by one.

    bench/bench-mllp.py build/bihuan [seconds]          a demo with the pack of tests/http/test_messages.py, in a folder of its own, thrown away afterwards"""
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BINARY, SECONDS = sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 5
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def texts():
    with open(os.path.join(ROOT, "tests", "http", "test_messages.py"), encoding="utf-8") as f:
        source = f.read()
    return [re.search(name + r' = """(.*?)"""', source, re.S).group(1) for name in ("PACK", "PROOF")]


def make_packs(folder):
    os.makedirs(os.path.join(folder, "visits", "tests"))
    for name in os.listdir(os.path.join(ROOT, "packs")):
        if name.endswith((".csv", ".yaml")):
            shutil.copy(os.path.join(ROOT, "packs", name), folder)
    pack, proof = texts()
    for name, text in (("pack.yaml", pack), ("tests/proof.yaml", proof), ("tests/visits.csv", "hospital,number,came_on,sex\nA,V1,2026-03-01,1\nA,V2,2026-03-01,7\n")):
        with open(os.path.join(folder, "visits", name), "w", encoding="utf-8") as f:
            f.write(text)


def message(n):
    return b"\x0b" + "\r".join([f"MSH|^~\\&|HIS|990000-YY01|BH|WJW|20260310080000||ADT^A01|M{n}|P|2.5.1", "EVN|A01|20260310", f"PID|1||X{n}||||19800101|1",
                                f"PV1|1|I|||||||||||||||||V{n}|||||||||||||||||||||||||20260310080000", ""]).encode() + b"\x1c\r"


def sender(port, k, until, counts):
    line = socket.create_connection(("127.0.0.1", port))
    n = 0
    while time.monotonic() < until:
        line.sendall(message(f"{k}x{os.getpid()}x{n}"))
        answer = b""
        while not answer.endswith(b"\x1c\r"):
            answer += line.recv(65536)
        assert b"MSA|AA|" in answer, answer
        n += 1
    counts[k] = n


def rate(port, connections, first):
    counts, until, begun = {}, time.monotonic() + SECONDS, time.monotonic()
    threads = [threading.Thread(target=sender, args=(port, first + k, until, counts)) for k in range(connections)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return sum(counts.values()) / (time.monotonic() - begun)


def synced_files(folder):
    n, until, begun = 0, time.monotonic() + SECONDS, time.monotonic()
    while time.monotonic() < until:
        fd = os.open(os.path.join(folder, f"f{n}"), os.O_WRONLY | os.O_CREAT)
        os.write(fd, message(n))
        os.fsync(fd)
        os.close(fd)
        n += 1
    return n / (time.monotonic() - begun)


def memory_kb(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read()).group(1))


def main():
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
    folder = tempfile.mkdtemp(prefix="bihuan-mllp-")
    log = os.path.join(folder, "log")
    try:
        make_packs(os.path.join(folder, "packs"))
        environment = {**os.environ, "BIHUAN_MLLP_LISTEN": "127.0.0.1", "BIHUAN_MLLP_PORT": "0", "BIHUAN_MLLP_CONNECTIONS": "300"}
        command = [BINARY, "demo", "--no-city", "--data", os.path.join(folder, "data"), "--key-path", os.path.join(folder, "key"), "--port", "0", "--samples", os.path.join(ROOT, "samples"),
                   "--packs", os.path.join(folder, "packs")]
        with open(log, "wb") as err, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, env=environment) as server:
            for line in server.stdout:
                if line.startswith(b"serving http"):
                    break
            with open(log, encoding="utf-8") as f:
                port = next(json.loads(line)["port"] for line in f if '"mllp-started"' in line)
            disk = synced_files(folder)
            one, before = rate(port, 1, 0), memory_kb(server.pid)
            many = rate(port, 64, 100)
            idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
            for s in idle:
                s.sendall(message("half")[:-20])
            time.sleep(1)
            print(f"synced files a second: {disk:.0f}\n1 connection: {one:.0f} messages/s ({one / disk:.2f} of it)\n64 connections: {many:.0f} messages/s ({many / disk:.2f} of it)\n"
                  f"memory: {before // 1024} MB after one, {memory_kb(server.pid) // 1024} MB at most with 200 more connections")
            server.send_signal(signal.SIGTERM)
            server.wait(60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
