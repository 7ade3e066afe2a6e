"""A daemon and a receiver for the tests of upgrades."""
import http.server
import json
import os
import re
import signal
import subprocess
import threading
import urllib.error
import urllib.request

API_KEY = "the key of the old databases"
MASTER_KEY = "00112233445566778899aabbccddeeff" * 2


class Receiver:
    """Keeps what it is sent; answers what it is told to."""

    def __init__(self, status=200):
        self.requests = []
        self.arrived = threading.Condition()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()
                with receiver.arrived:
                    receiver.requests.append((self.headers, body))
                    receiver.arrived.notify_all()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def wait_for(self, count):
        with self.arrived:
            if not self.arrived.wait_for(lambda: len(self.requests) >= count, timeout=120):
                raise AssertionError(f"{len(self.requests)} of {count} deliveries arrived")


class Daemon:
    def __init__(self, binary, folder):
        config = folder / "crewshipd.json"
        config.write_text(json.dumps({
            "listen": "127.0.0.1:0", "data_dir": str(folder / "data"),
            "delivery": {"allow": ["127.0.0.0/8"], "retry_schedule": ["5h"]},
            "retention": {"runs": "36500d", "deliveries": "36500d"}}))
        (folder / "master.key").write_text(MASTER_KEY)
        os.chmod(folder / "master.key", 0o600)
        self.log = open(folder / "log", "w+b")
        self.process = subprocess.Popen(
            [binary, "serve", "--config", str(config)], stderr=self.log,
            env={**os.environ, "CREWSHIP_API_KEY": API_KEY, "CREWSHIP_MASTER_KEY_FILE": str(folder / "master.key")})
        while not (found := re.search(r"listening +url=(http://\S+)", self.text())):
            if self.process.poll() is not None:
                raise AssertionError("it ended:\n" + self.text())
        self.base = found.group(1).rstrip("/")
        while self.call("GET", "/readyz", fine=(200, 503))[0] != 200:
            pass

    def text(self):
        self.log.seek(0)
        return self.log.read().decode()

    def call(self, method, path, body=None, fine=(200, 201, 202, 204)):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": "Bearer " + API_KEY})
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                status, text = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, text = error.code, error.read()
        assert status in fine, f"{method} {path}: {status} {text}"
        return status, json.loads(text) if text[:1] == b"{" else text

    def get(self, path):
        return self.call("GET", path)[1]

    def post(self, path, body=None):
        return self.call("POST", path, body or {})[1]

    def ended_run(self, run_id):
        while (run := self.get(f"/v1/runs/{run_id}"))["completed_at"] is None:
            pass
        return run

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=120) == 0, self.text()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.log.close()
