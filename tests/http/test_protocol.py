#!/usr/bin/env python3
"""What HTTP itself can be abused for: malformed requests, slow clients, limits, TLS, the socket."""
import os
import socket
import ssl
import subprocess
import time

from lib import COOKIE, Server, background, equal, problem, read_all, run

GOOD = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
LOGIN = b"POST /test/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
BODY = b'{"username":"one"}'


def refused(server, request):
    """400, and the connection ends."""
    got, closed = server.raw(request)
    equal(got.split(b"\r\n")[0], b"HTTP/1.1 400 Bad Request", repr(request))
    equal(closed, True, f"closed after {request!r}")
    assert b"HTTP/1.1 2" not in got, f"the second request was answered after {request!r}"


def header_traps_are_refused_and_end_the_connection():
    second = GOOD + b"\r\n"
    for request in (
            LOGIN + b"Content-Length: 18\r\nContent-Length: 18\r\n\r\n" + BODY,
            LOGIN + b"Content-Length: 18\r\nContent-Length: 5\r\n\r\n" + BODY,
            LOGIN + b"Content-Length: 18\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n" + BODY + b"\r\n0\r\n\r\n",
            LOGIN + b"Transfer-Encoding: chunked\r\n\r\n12\r\n" + BODY + b"\r\n0\r\n\r\n",
            LOGIN + b"Content-Length : 18\r\n\r\n" + BODY,
            LOGIN + b"Content-Length: +18\r\n\r\n" + BODY,
            LOGIN + b"Content-Length: 0x12\r\n\r\n" + BODY,
            GOOD + b"X-One : 1\r\n\r\n",
            GOOD + b"X(One): 1\r\n\r\n",
            GOOD + b"Host: y\r\n\r\n",
            b"GET /healthz HTTP/1.1\r\nX: y\r\n\r\n"):
        refused(SERVER, request + second)


def what_is_no_http_gets_no_answer_of_ours():
    for junk in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET / HTTP/9.9\r\nHost: x\r\n\r\n"):
        got, _ = SERVER.raw(junk, timeout=1)
        assert b"200 OK" not in got, got
    equal(SERVER.get("/healthz").status, 200)


def one_connection_carries_many_requests():
    c = SERVER.connect()
    for _ in range(3):
        for path, status in (("/healthz", 200), ("/api/v1/jobs", 200), ("/nowhere.txt", 404), ("/test/fail", 500)):
            equal(SERVER.get(path, connection=c).status, status, path)
        equal(SERVER.post("/test/echo", {"a": 1}, connection=c).json["got"], {"a": 1})
        equal(SERVER.post("/test/echo", {"a": 1}, connection=c, session=None).status, 401)
    c.close()


def requests_sent_ahead_are_answered_in_order():
    ahead = b"GET /test/sleep?ms=300 HTTP/1.1\r\nHost: x\r\n\r\n" + LOGIN + b"Content-Length: 18\r\n\r\n" + BODY + GOOD + \
        b"Connection: close\r\n\r\n"
    got, closed = SERVER.raw(ahead)
    equal([part[:3] for part in got.split(b"HTTP/1.1 ")[1:]], [b"200", b"204", b"200"])
    assert got.index(b"\r\n\r\n300") < got.index(b"Set-Cookie") < got.index(b'{"status":"ok"}')
    equal(closed, True)
    got, closed = SERVER.raw(b"GET /healthz HTTP/1.0\r\n\r\n")
    equal((got.split(b" ")[1], closed), (b"200", True))


def a_body_over_the_limit_is_refused():
    got, closed = SERVER.raw(LOGIN + b"Content-Length: 1001\r\n\r\n" + b" " * 1001, timeout=1)
    equal(got.split(b" ")[1], b"413")
    equal(closed, False, "the connection lives on after a body of bearable size")
    got, closed = SERVER.raw(LOGIN + b"Content-Length: 99999999999\r\n\r\n")
    equal((got.split(b" ")[1], closed), (b"413", True))
    got, closed = SERVER.raw(LOGIN + b"Content-Length: 99999999999999999999\r\n\r\n")
    equal((got.split(b" ")[1] in (b"400", b"413"), closed), (True, True))


def headers_over_the_limit_are_refused():
    got, _ = SERVER.raw(GOOD + b"X: " + b"y" * 100000 + b"\r\n\r\n", timeout=2)
    assert got.split(b" ")[1:2] in ([b"431"], []), got[:50]


def a_stranger_is_refused_before_the_body():
    s = SERVER.raw(b"POST /test/echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 4000000\r\n"
                   b"Expect: 100-continue\r\n\r\n", keep=True)
    s.settimeout(1)
    got, _ = read_all(s)
    assert b"413" not in got and b"200" not in got, got


def the_answer_has_the_headers_that_protect():
    for path in ("/", "/api/openapi.json", "/healthz", "/api/v1/jobs"):
        h = SERVER.get(path).headers
        equal(h["X-Content-Type-Options"], "nosniff", path)
        equal(h["X-Frame-Options"], "DENY", path)
        assert "frame-ancestors 'none'" in h["Content-Security-Policy"], path
        assert "script-src 'self'" in h["Content-Security-Policy"] or "default-src 'none'" in h["Content-Security-Policy"], path
        assert "unsafe-inline" not in h["Content-Security-Policy"].replace("style-src-attr 'unsafe-inline'", ""), path
        equal(len(h["X-Request-Id"]), 16)
    equal(SERVER.get("/api/v1/jobs").headers["Cache-Control"], "no-store")


def cookies_are_strict_and_secure_behind_a_proxy():
    plain = SERVER.post("/test/login", {"username": "one"}, session=None).headers["Set-Cookie"]
    equal(plain, "bihuan=one; Path=/; HttpOnly; SameSite=Strict")
    with Server("behind_proxy=1") as s:
        h = s.post("/test/login", {"username": "one"}, session=None).headers
        equal(h["Set-Cookie"], "__Host-bihuan=one; Secure; Path=/; HttpOnly; SameSite=Strict")
        assert h["Strict-Transport-Security"]
        session = {"Cookie": "__Host-bihuan=one", "X-CSRF-Token": "csrf-one"}
        echo = s.post("/test/echo", {}, session=session, headers={"X-Forwarded-For": "1.1.1.1, 2.2.2.2"}).json
        equal((echo["peer"], echo["secure"]), ("2.2.2.2", True))
        equal(s.post("/test/echo", {}).status, 401, "the cookie without the prefix")
        for headers in ({"X-Forwarded-For": "9.9.9.9"}, {"X-Forwarded-For": "127.0.0.1"}, {}):
            equal(s.get("/metrics", session=None, headers=headers).status, 401, "nobody is local behind a proxy")
        equal(s.get("/metrics", session=session).status, 200, "the administrator of the system")
        problem(s.get("/metrics", session={"Cookie": "__Host-bihuan=two"}), 403, "forbidden")
    echo = SERVER.post("/test/echo", {}, headers={"X-Forwarded-For": "2.2.2.2"}).json
    equal((echo["peer"], echo["secure"]), ("127.0.0.1", False), "without a proxy nobody says who he is")


def forged_requests_are_refused():
    for headers in ({"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": ""}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
        problem(SERVER.post("/test/echo", {}, headers=headers), 403, "csrf")
    problem(SERVER.post("/test/login", {"username": "x"}, session=None, headers={"Sec-Fetch-Site": "cross-site"}), 403, "csrf")
    equal(SERVER.post("/test/echo", {}, headers={"Sec-Fetch-Site": "same-origin"}).status, 200)


def the_socket_serves_its_owner_without_a_cookie():
    def ask(path):
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        s.settimeout(5)
        s.sendall(b"GET /api/v1/jobs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return read_all(s)[0]
    with Server() as s:
        path = os.path.join(s.folder, "bihuan.sock")
        s.kill()
        s.options = (f"socket={path}",)
        s.start()
        equal(os.stat(path).st_mode & 0o777, 0o600)
        equal(ask(path).split(b" ")[1], b"200")
        s.kill()
        s.start()  # what a killed server left is no hindrance
        equal(ask(path).split(b" ")[1], b"200")
        equal(s.stop(), 0)
        equal(os.path.exists(path), False, "the socket after a stop")


def another_user_may_not_use_the_socket():
    if os.geteuid() != 0:
        return "only root can become another user"
    with Server() as s:
        path = os.path.join(s.folder, "bihuan.sock")
        s.kill()
        s.options = (f"socket={path}",)
        s.limits = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        subprocess.run(["chown", "-R", "65534:65534", s.folder], check=True)
        os.chmod(s.folder, 0o755)
        s.start()
        os.chmod(path, 0o666)
        code = ("import socket,sys; s=socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]);"
                "s.sendall(b'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'); print(s.recv(4000).split()[1].decode())")
        ask = lambda uid: subprocess.run(["setpriv", f"--reuid={uid}", "--regid=65533", "--clear-groups", "python3", "-c", code, path],
                                         capture_output=True, text=True, check=False, cwd="/").stdout.strip()
        equal(ask(65533), "403", "another user")
        equal(ask(0), "200", "root")
        s.stop()
    return None


def beyond_loopback_needs_tls():
    with Server() as s:
        s.kill()
        for options in (["address=0.0.0.0"], ["address=::"], ["address=10.1.2.3"]):
            r = subprocess.run([os.path.abspath(__import__("lib").BINARY), s.data, *options], capture_output=True, text=True, timeout=20,
                               check=False)
            equal(r.returncode, 64, str(options))
            assert "needs TLS" in r.stderr, r.stderr


def tls_serves_with_certificate_files():
    with Server() as s:
        s.kill()
        cert, key = os.path.join(s.folder, "c.pem"), os.path.join(s.folder, "k.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj",
                        "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
        s.options = (f"certificate={cert}", f"key={key}")
        s.start()
        context = ssl.create_default_context(cafile=cert)
        for path, wanted in (("/healthz", b"200"), ("/api/v1/jobs", b"200")):
            with socket.create_connection(("localhost", s.port), timeout=10) as plain, \
                    context.wrap_socket(plain, server_hostname="localhost") as t:
                assert t.version() in ("TLSv1.2", "TLSv1.3"), t.version()
                t.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: __Host-bihuan=one\r\nConnection: close\r\n\r\n".encode())
                got = b""
                while piece := t.recv(65536):
                    got += piece
                equal(got.split(b" ")[1], wanted, path)
                assert b"Strict-Transport-Security" in got
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        try:
            with socket.create_connection(("localhost", s.port), timeout=10) as plain:
                old.wrap_socket(plain)
            raise AssertionError("TLS 1.1 was accepted")
        except (ssl.SSLError, OSError):
            pass
        s.stop()


def many_idle_connections_leave_room_for_others():
    with Server("connections=40") as s:
        idle = [socket.create_connection(("127.0.0.1", s.port)) for _ in range(15)]
        for c in idle:
            c.sendall(b"GET /he")
        equal(s.get("/healthz").status, 200)
        for c in idle:
            c.close()
        time.sleep(0.2)
        equal(s.get("/healthz").status, 200)


def a_client_that_sends_a_byte_now_and_then_is_given_up():
    def trickle(server, data):
        s = server.raw(data, keep=True)
        began = time.monotonic()
        try:
            while time.monotonic() - began < 10:
                time.sleep(0.1)
                s.sendall(b"x")
        except OSError:
            pass
        s.close()
        return time.monotonic() - began
    with Server("client_ms=1000") as s:
        headers = background(trickle, s, GOOD + b"X: ")
        body = background(trickle, s, LOGIN + b"Content-Length: 1000\r\n\r\n")
        kept = s.connect()
        equal(s.get("/healthz", connection=kept).status, 200)
        slow = background(s.get, "/test/sleep?ms=2500")
        for t in (headers, body):
            t.join()
            assert t.result < 5, f"still connected after {t.result} s"
        slow.join()
        equal(slow.result.status, 200, "a client that waits for us is not given up")
        kept.close()


def many_requests_at_once_are_all_answered():
    threads = [background(SERVER.get, path) for _ in range(25) for path in ("/api/v1/jobs", "/test/sleep?ms=10")]
    for t in threads:
        t.join()
    equal([t.result.status for t in threads], [200] * 50)
    equal(SERVER.get("/healthz", session=COOKIE).status, 200)


if __name__ == "__main__":
    with Server("log=1") as SERVER:
        run(header_traps_are_refused_and_end_the_connection, what_is_no_http_gets_no_answer_of_ours, one_connection_carries_many_requests,
            requests_sent_ahead_are_answered_in_order,
            a_body_over_the_limit_is_refused, headers_over_the_limit_are_refused, a_stranger_is_refused_before_the_body,
            the_answer_has_the_headers_that_protect, cookies_are_strict_and_secure_behind_a_proxy, forged_requests_are_refused,
            the_socket_serves_its_owner_without_a_cookie, another_user_may_not_use_the_socket, beyond_loopback_needs_tls,
            tls_serves_with_certificate_files, many_idle_connections_leave_room_for_others,
            a_client_that_sends_a_byte_now_and_then_is_given_up, many_requests_at_once_are_all_answered)
