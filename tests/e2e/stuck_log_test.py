"""A reader of stderr who stops reading holds up nobody: the daemon goes on serving, counts what it left out, and ends."""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

BINARY = sys.argv[1]
KEY = "key_of_the_test"


def call(base, method, path, body=None, headers=None):
    request = urllib.request.Request(base + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                     headers={"Authorization": "Bearer " + KEY, **(headers or {})})
    with urllib.request.urlopen(request, timeout=120) as answer:
        text = answer.read().decode()
    return json.loads(text) if text.startswith("{") else text


def metric(base, name):
    return float(re.search(rf"^{name} (\S+)$", call(base, "GET", "/metrics"), re.MULTILINE).group(1))


def main():
    with tempfile.TemporaryDirectory() as folder:
        daemon = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0", "--data-dir", folder + "/data"],
                                  stderr=subprocess.PIPE, env={**os.environ, "CREWSHIP_API_KEY": KEY})
        try:
            # Read only until the address is known; never again.
            text = ""
            while not (found := re.search(r"listening +url=(http://\S+)", text)):
                piece = os.read(daemon.stderr.fileno(), 4096)
                assert piece, "it ended: " + text
                text += piece.decode()
            base = found.group(1).rstrip("/")
            while True:
                try:
                    call(base, "GET", "/readyz")
                    break
                except urllib.error.HTTPError as error:
                    assert error.code == 503, error
            name = "x" * 200
            created = 0
            # Each makes a line; a pipe and what may wait are filled long before the dropped lines are seen.
            while metric(base, "crewship_log_lines_dropped_total") == 0:
                for _ in range(500):
                    call(base, "POST", "/v1/deployments", {"name": name})
                    created += 1
                assert created < 100_000, "no line was ever left out"
            assert call(base, "GET", "/healthz") is not None
            daemon.send_signal(signal.SIGTERM)
            assert daemon.wait(timeout=120) == 0
        finally:
            daemon.kill()
            daemon.wait()
    print(f"served {created} requests while nobody read its log")


if __name__ == "__main__":
    main()
