"""What the tests of tests/cmd share: the program run as a command on a demo store of its own, and TAP. Python's standard library only."""
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile

BINARY = os.path.abspath(sys.argv[1])
SOURCE = os.environ["SOURCE_ROOT"]
WORDS = sys.argv[2:]  # "postgres", "server"
PASSWORD = "shili-2026"
if "postgres" in WORDS and not os.environ.get("BIHUAN_TEST_PG"):
    if os.environ.get("BIHUAN_TEST_NO_PG"):
        print("1..0 # SKIP BIHUAN_TEST_NO_PG is set")
        sys.exit(0)
    sys.exit("BIHUAN_TEST_PG is not set: start a server with `tests/pg.sh start DIR`, or set BIHUAN_TEST_NO_PG=1")


class Done:
    def __init__(self, command, process):
        self.command, self.status = command, process.returncode
        self.out, self.complaint = process.stdout.decode(), process.stderr.decode()

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"{' '.join(self.command)}\n  exit {self.status}\n  {self.out[-2000:]}\n  {self.complaint[-2000:]}"


def bihuan(*words, env=None, cwd=None, stdin=b"", timeout=120):
    """Any command, without a store."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("BIHUAN_")}
    command = [BINARY, *map(str, words)]
    return Done(command, subprocess.run(command, input=stdin, capture_output=True, env={**clean, **(env or {})}, cwd=cwd or "/", timeout=timeout))


def psql(*commands):
    subprocess.run(["psql", os.environ["BIHUAN_TEST_PG"], "-q", "-v", "ON_ERROR_STOP=1", "-c", "SET client_min_messages = warning",
                    *(w for c in commands for w in ("-c", c))], check=True, timeout=60)


class Store:
    """The demo in a folder of its own; on PostgreSQL in a database of its own."""

    def __init__(self, demo=True):
        self.folder = tempfile.mkdtemp(prefix="bihuan-cmd-")
        self.data, self.key, self.process = self.path("data"), self.path("key"), None
        self.database = "cmd_" + os.path.basename(self.folder).replace("-", "_").lower() if "postgres" in WORDS else None
        if self.database:
            psql(f'CREATE DATABASE "{self.database}"')
        if demo:
            self.run("demo", "--samples", os.path.join(SOURCE, "samples"), "--no-city", "--no-serve", "--port", 0)

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as f:
            f.write(text)
        return self.path(name)

    def url(self, database=None):
        return os.environ["BIHUAN_TEST_PG"].replace("dbname=postgres", f"dbname={database or self.database}")

    def where(self, data=None, key=None, database=None):
        url = ["--store-url", self.url(database)] if self.database else []
        return ["--data", data or self.data, "--key-path", key or self.key, *url]

    def try_(self, *words, user=None, password=PASSWORD, **where):
        as_user = ["--as", user] if user else []
        return bihuan(*words, *as_user, *self.where(**where), env={"BIHUAN_PASSWORD": password}, cwd=self.folder)

    def run(self, *words, **more):
        done = self.try_(*words, **more)
        assert done.status == 0, done
        return done

    def json(self, *words, **more):
        return self.run(*words, "--json", **more).json

    def refused(self, status, *words, text="", **more):
        done = self.try_(*words, **more)
        assert done.status == status, f"exit {status} was expected: {done}"
        assert text in done.complaint, f"'{text}' was expected: {done}"
        return done

    def serve(self, *options):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("BIHUAN_")}
        with open(self.path("log"), "ab") as log:
            self.process = subprocess.Popen([BINARY, "serve", "--port", "0", *options, *self.where()], stdout=subprocess.PIPE, stderr=log, env=clean, cwd=self.folder)
        line = next((l for l in self.process.stdout if l.startswith(b"serving http")), None)
        assert line, f"the server did not start: exit {self.process.wait()}"
        self.port = int(line.rsplit(b":", 1)[1].split(b"/")[0])

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            status = self.process.wait(30)
            self.process = None
            if status:
                with open(self.path("log"), encoding="utf-8") as log:
                    raise AssertionError(f"the server ended with {status}: {log.read()[-1000:]}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        if self.database:
            psql(f'DROP DATABASE "{self.database}" WITH (FORCE)')


def equal(is_, should, about=""):
    assert is_ == should, f"{about}: {is_!r}, not {should!r}"


def run(*tests):
    """Each test in its order; TAP."""
    failed = 0
    print(f"1..{len(tests)}", flush=True)
    for i, test in enumerate(tests, 1):
        name = test.__name__.replace("_", " ")
        try:
            test()
            print(f"ok {i} - {name}", flush=True)
        except Exception as e:  # whatever it is, the next test runs
            failed += 1
            why = "\n".join("# " + line for line in f"{type(e).__name__}: {e}".splitlines())
            print(f"not ok {i} - {name}\n{why}", flush=True)
            print(f"{name}\n{why}", file=sys.stderr, flush=True)  # meson shows this stream of a test that failed, and not its TAP
    sys.exit(failed > 0)
