"""The example for nginx, in front of the built daemon: TLS, the client's address, streams, long waits.
nginx_test.py BUILD_FOLDER"""
import http.client
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77
HOST = "hooks.example.com"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def line_with(stream, words):
    """The next line that has all the words."""
    for line in stream:
        if all(word in line for word in words):
            return line
    raise AssertionError(f"the output ended before {words}")


class Nginx(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = pathlib.Path(folder.name)
        cls.start_daemon()
        cls.start_nginx()

    @classmethod
    def start_daemon(cls):
        config = cls.folder / "crewshipd.json"
        config.write_text(json.dumps({
            "listen": "127.0.0.1:0", "data_dir": str(cls.folder / "data"), "public_url": f"https://{HOST}",
            "trusted_proxies": ["127.0.0.1"], "limits": {"failed_guesses_per_minute": 3},
            "executor": {"max_concurrent_runs": 1}}))
        cls.daemon = subprocess.Popen([BUILD / "crewshipd", "serve", "--config", config], text=True,
                                      stderr=subprocess.PIPE, env={**os.environ, "CREWSHIP_API_KEY": "crw_test"})
        cls.addClassCleanup(cls.end, cls.daemon)
        cls.port = int(line_with(cls.daemon.stderr, [" listening "]).split("127.0.0.1:")[1].split()[0])

    @classmethod
    def start_nginx(cls):
        """The example with other ports and files; nothing else of it is changed."""
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
                        "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", cls.folder / "key.pem",
                        "-out", cls.folder / "cert.pem"], check=True, capture_output=True)
        plain, cls.tls_port = free_ports(2)
        example = (SOURCE / "config/nginx/crewshipd.conf").read_text()
        for old, new in (("listen [::]:80;", ""), ("listen [::]:443 ssl http2;", ""),
                         ("listen 80;", f"listen 127.0.0.1:{plain};"),
                         ("listen 443 ssl http2;", f"listen 127.0.0.1:{cls.tls_port} ssl http2;"),
                         ("127.0.0.1:8080;", f"127.0.0.1:{cls.port};"),
                         (f"/etc/letsencrypt/live/{HOST}/fullchain.pem", f"{cls.folder}/cert.pem"),
                         (f"/etc/letsencrypt/live/{HOST}/privkey.pem", f"{cls.folder}/key.pem"),
                         ("/var/log/nginx/", f"{cls.folder}/"),
                         ("/etc/nginx/crewshipd-proxy.conf", str(SOURCE / "config/nginx/crewshipd-proxy.conf"))):
            if old not in example:
                raise AssertionError(f"the example has no {old}")
            example = example.replace(old, new)
        folders = "".join(f"{kind}_temp_path {cls.folder}/{kind}; " for kind in
                          ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        whole = cls.folder / "nginx.conf"
        whole.write_text(f"daemon off; master_process off; pid {cls.folder}/pid; error_log stderr notice;\n"
                         f"events {{}} http {{ access_log /dev/stdout; {folders}\n{example} }}\n")
        command = [NGINX, "-p", cls.folder, "-e", "stderr", "-c", whole]
        checked = subprocess.run([*command, "-t"], text=True, capture_output=True)
        if checked.returncode != 0:
            raise AssertionError(checked.stderr)
        cls.nginx = subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        cls.addClassCleanup(cls.end, cls.nginx)
        line_with(cls.nginx.stderr, ["using the"])
        cls.plain_port = plain
        cls.tls = ssl.create_default_context(cafile=cls.folder / "cert.pem")

    @staticmethod
    def end(process):
        process.terminate()
        process.communicate(timeout=60)

    def connect(self, source="127.0.0.1"):
        connection = http.client.HTTPSConnection(HOST, self.tls_port, timeout=60, context=self.tls)
        plain = socket.create_connection(("127.0.0.1", self.tls_port), 60, (source, 0))
        connection.sock = self.tls.wrap_socket(plain, server_hostname=HOST)
        self.addCleanup(connection.close)
        return connection

    def ask(self, method, path, body=None, headers=None, source="127.0.0.1"):
        connection = self.connect(source)
        connection.request(method, path, None if body is None else json.dumps(body),
                           {"Authorization": "Bearer crw_test", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, json.loads(text) if text else None

    def crew(self, command):
        _, deployment = self.ask("POST", "/v1/deployments", {"name": "crew"})
        path = f"/v1/deployments/{deployment['id']}"
        self.ask("POST", path + "/versions", {"runner": {"type": "command", "command": command},
                                              "environment": "production"})
        _, webhook = self.ask("POST", path + "/incoming-webhooks", {"name": "in"})
        self.assertTrue(webhook["url"].startswith(f"https://{HOST}/webhooks/runs/"), webhook["url"])
        return webhook["url"].removeprefix(f"https://{HOST}")

    def test_a_run_is_triggered_and_its_events_come_as_they_happen(self):
        gate = self.folder / "gate"
        os.mkfifo(gate)
        url = self.crew(["sh", "-c", f"echo first >&2; read line <{gate}"])
        status, run = self.ask("POST", url, {})
        self.assertEqual(status, 202)
        stream = self.connect()
        stream.request("GET", f"/v1/runs/{run['run_id']}/events", headers={"Authorization": "Bearer crw_test"})
        answer = stream.getresponse()
        # Held back by the proxy they would come when the run ends, and it does not end before this line was read.
        while '"first"' not in (line := answer.readline().decode()):
            self.assertNotEqual(line, "")
        # The only slot is taken: the next request waits for it, through the proxy.
        waiting = self.connect()
        waiting.request("POST", url, "{}")
        gate.write_text("go\n")
        self.assertIn("run.completed", answer.read().decode())
        accepted = waiting.getresponse()
        self.assertEqual(accepted.status, 202)
        accepted.read()
        gate.write_text("go\n")

    def test_guesses_are_counted_for_the_client_and_not_for_what_it_writes(self):
        def status(source, forwarded_for):
            return self.ask("POST", "/webhooks/runs/" + "A" * 43, {}, {"X-Forwarded-For": forwarded_for}, source)[0]
        for number in range(3):
            self.assertEqual(status("127.0.0.2", f"203.0.113.{number}"), 404)
        self.assertEqual(status("127.0.0.2", "203.0.113.9"), 429)
        self.assertEqual(status("127.0.0.2", "203.0.113.9, 127.0.0.1"), 429)
        self.assertEqual(status("127.0.0.3", "203.0.113.0"), 404)

    def test_the_console_knows_its_own_pages(self):
        # Without Sec-Fetch-Site, as an older browser, by Origin and Host alone.
        status, _ = self.ask("POST", "/console/session", {"api_key": "crw_test"}, {
            "Origin": f"https://{HOST}:{self.tls_port}", "Host": f"{HOST}:{self.tls_port}"})
        self.assertLess(status, 300)

    def test_the_token_is_in_no_log_of_the_proxy(self):
        url = self.crew(["true"])
        self.assertEqual(self.ask("POST", url, {})[0], 202)
        self.ask("GET", "/healthz?after")
        # A line for each request, in their order.
        while "/healthz?after" not in (line := self.nginx.stdout.readline()):
            self.assertNotEqual(line, "")
            self.assertNotIn(url.rsplit("/", 1)[1], line)
        for file in self.folder.glob("*.log"):
            self.assertNotIn(url.rsplit("/", 1)[1], file.read_text(), file)

    def test_plain_http_is_sent_to_https(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.plain_port, timeout=60)
        self.addCleanup(connection.close)
        connection.request("POST", "/webhooks/runs/x", "{}", {"Host": HOST})
        answer = connection.getresponse()
        answer.read()
        self.assertEqual((answer.status, answer.headers["Location"]), (308, f"https://{HOST}/webhooks/runs/x"))

    def test_the_daemon_says_what_is_too_large(self):
        status, answer = self.ask("POST", self.crew(["true"]), {"a": "x" * 1048576})
        self.assertEqual((status, answer["error"]["code"]), (413, "body_too_large"))

    def test_waits_and_lengths_fit_the_daemons(self):
        example = (SOURCE / "config/nginx/crewshipd-proxy.conf").read_text()
        self.assertIn("proxy_read_timeout 75s;", example)  # over executor.start_timeout, 25 s
        self.assertIn("response_header_timeout 75s", (SOURCE / "config/caddy/Caddyfile").read_text())


if __name__ == "__main__":
    BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
    own = SOURCE / "build/tools/nginx"
    NGINX = str(own) if own.exists() else shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
    if NGINX is None:
        print("nginx is not here; ./dev test fetches it")
        sys.exit(SKIPPED)
    unittest.main(verbosity=2)
