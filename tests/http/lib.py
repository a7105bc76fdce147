"""What the tests of tests/http share: a server of their own, requests, raw sockets, and TAP. Python's standard library only."""
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

BINARY = sys.argv[1]
ON_POSTGRES = sys.argv[2:] == ["postgres"]  # the server of BIHUAN_TEST_PG, a schema for each server of ours
if ON_POSTGRES and not os.environ.get("BIHUAN_TEST_PG"):
    if os.environ.get("BIHUAN_TEST_NO_PG"):
        print("1..0 # SKIP BIHUAN_TEST_NO_PG is set")
        sys.exit(0)
    sys.exit("BIHUAN_TEST_PG is not set: start a server with `tests/pg.sh start DIR`, or set BIHUAN_TEST_NO_PG=1")
COOKIE = {"Cookie": "bihuan=one", "X-CSRF-Token": "csrf-one"}
OTHER = {"Cookie": "bihuan=two", "X-CSRF-Token": "csrf-two"}


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


def sql(command):
    subprocess.run(["psql", os.environ["BIHUAN_TEST_PG"], "-q", "-v", "ON_ERROR_STOP=1", "-c", "SET client_min_messages = warning", "-c", command],
                   check=True, timeout=60)


class Server:
    """The test server on a free port of loopback, in a folder of its own."""

    def __init__(self, *options, data=None, limits=(), start=True):
        self.folder = data or tempfile.mkdtemp(prefix="bihuan-http-")
        self.options, self.limits = options, list(limits)
        self.schema = "http_" + os.path.basename(self.folder).replace("-", "_") if ON_POSTGRES else None
        if ON_POSTGRES:
            sql(f'CREATE SCHEMA IF NOT EXISTS "{self.schema}"')
        if start:
            self.start()

    @property
    def data(self):
        return os.path.join(self.folder, "data")

    def command(self):
        command = [*self.limits, BINARY, self.data, *self.options]
        if ON_POSTGRES:
            command.append(f"url={os.environ['BIHUAN_TEST_PG']} options='-csearch_path={self.schema} -cclient_min_messages=warning'")
        return command

    def read_port(self):
        line = self.process.stdout.readline()
        return int(line) if line else None

    def start(self):
        with open(os.path.join(self.folder, "log"), "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=subprocess.PIPE, stderr=log)
        self.port = self.read_port()
        if not self.port:
            raise AssertionError(f"the server did not start: exit {self.process.wait()}")

    def stop(self, within=30):
        """A gentle end; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def connect(self, timeout=20):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def request(self, method, path, body=None, headers=None, session=COOKIE, connection=None, timeout=20):
        """One request; a dict as body goes as JSON."""
        sent = dict(session or {})
        if isinstance(body, dict):
            body = json.dumps(body)
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        c = connection or self.connect(timeout)
        c.request(method, path, body, sent)
        r = c.getresponse()
        answer = Answer(r.status, r.headers, r.read())
        if not connection:
            c.close()
        return answer

    def get(self, path, **more):
        return self.request("GET", path, **more)

    def post(self, path, body=None, **more):
        return self.request("POST", path, body, **more)

    def raw(self, data, timeout=5, keep=False):
        """Bytes sent as they are; all bytes that come back until the server closes or the time is over."""
        s = socket.create_connection(("127.0.0.1", self.port), timeout=timeout)
        s.sendall(data)
        return s if keep else read_all(s)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
        if ON_POSTGRES:
            sql(f'DROP SCHEMA "{self.schema}" CASCADE')


class Demo(Server):
    """The program itself with the organisations, people and documents of the samples; with its synthetic city where that is asked for."""

    city = False

    def store_options(self):
        url = ["--store-url", f"{os.environ['BIHUAN_TEST_PG']} options='-csearch_path={self.schema}'"] if ON_POSTGRES else []
        return ["--data", self.data, "--key-path", self.data + ".key", *url]

    def command(self):
        samples = os.path.join(os.environ["SOURCE_ROOT"], "samples")
        city = [] if self.city else ["--no-city"]
        return [*self.limits, BINARY, "demo", *self.store_options(), "--port", "0", "--samples", samples, *city, *self.options]

    def advance(self, span):
        """Moves the clock of a demo that is not running."""
        subprocess.run([BINARY, "demo", *self.store_options(), "--no-serve", "--port", "0", "--still", "--advance", span], check=True, timeout=300, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)

    def read_port(self):
        for line in self.process.stdout:
            if line.startswith(b"serving http"):
                return int(line.rsplit(b":", 1)[1].split(b"/")[0])
        return None

    def login(self, username, password="shili-2026"):
        """The headers of a session."""
        answer = self.post("/api/v1/session", {"username": username, "password": password}, session=None)
        equal(answer.status, 200, f"log-in of {username}")
        cookie = answer.headers["Set-Cookie"].split(";")[0]
        return {"Cookie": cookie, "X-CSRF-Token": self.get("/api/v1/session", session={"Cookie": cookie}).json["csrf"]}


def read_all(s):
    """(bytes, whether the other side closed)"""
    got = b""
    try:
        while True:
            piece = s.recv(65536)
            if not piece:
                return got, True
            got += piece
    except socket.timeout:
        return got, False
    finally:
        s.close()


def background(function, *args, **kwargs):
    """Runs it on a thread; .join() and .result."""
    def run():
        thread.result = function(*args, **kwargs)
    thread = threading.Thread(target=run, daemon=True)
    thread.result = None
    thread.start()
    return thread


def wait_until(condition, seconds=20, what="it"):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"{what} did not happen in {seconds} s")


def equal(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what + ': ' if what else ''}got {got!r}, want {want!r}")


def problem(answer, status, code=None, at=None):
    """That an answer is a problem of this kind."""
    equal(answer.status, status, "status")
    equal(answer.headers["Content-Type"], "application/problem+json")
    p = answer.json
    equal(p["status"], status)
    if code:
        equal(p["code"], code, "code")
    if at:
        equal(p.get("at"), at, "at")
    return p


def run(*tests):
    """Each test is a function; its name is its line in TAP."""
    print(f"1..{len(tests)}", flush=True)
    failed = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        try:
            skipped = test()
            print(f"ok {number} {name}" + (f" # SKIP {skipped}" if isinstance(skipped, str) else ""), flush=True)
        except Exception as e:  # pylint: disable=broad-except
            failed += 1
            why = f"# {type(e).__name__}: {e}"
            print(f"not ok {number} {name}\n{why}", flush=True)
            print(f"{name}\n{why}", file=sys.stderr, flush=True)  # meson shows this stream of a test that failed, and not its TAP
    sys.exit(failed > 0)
