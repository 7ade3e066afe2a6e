#!/usr/bin/env python3
"""A whole receiver for crewshipd's deliveries, with nothing but the standard library.

    CREWSHIP_SECRET=whsec_… python3 verify.py [PORT]
"""
import hashlib
import hmac
import json
import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = os.environ["CREWSHIP_SECRET"]
TOLERANCE_SECONDS = 300
seen = set()  # delivery ids; a real receiver keeps them in its database


def valid(secret: str, timestamp: str, body: bytes, signature: str) -> bool:
    expected = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(signature, "sha256=" + expected)


def recent(timestamp: str) -> bool:
    return timestamp.isdecimal() and abs(time.time() - int(timestamp)) <= TOLERANCE_SECONDS


def handle(event: dict) -> None:
    data = event["data"]
    print(f"{event['event']} {data.get('run_id')}: {json.dumps(data.get('output'))}", flush=True)


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))  # the bytes as they came
        timestamp = self.headers.get("X-Crewship-Timestamp", "")
        signature = self.headers.get("X-Crewship-Signature", "")
        delivery = self.headers.get("X-Crewship-Delivery", "")
        if not recent(timestamp) or not valid(SECRET, timestamp, body, signature):
            print(f"refused {delivery}: the signature is not valid", flush=True)
            return self.answer(401)
        if delivery in seen:  # a delivery may come more than once
            print(f"seen before: {delivery}", flush=True)
            return self.answer(204)
        handle(json.loads(body))
        seen.add(delivery)
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 9000), Receiver)
    print(f"listening on http://127.0.0.1:{server.server_port}/", flush=True)
    server.serve_forever()
