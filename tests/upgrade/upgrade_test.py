"""A database of each schema that was ever on main is opened, upgraded, read and worked with: upgrade_test.py CREWSHIPD"""
import hashlib
import hmac
import json
import sqlite3
import sys
import tempfile
import unittest
from pathlib import Path

from daemon import Daemon, Receiver

HERE = Path(__file__).resolve().parent
BINARY = sys.argv.pop()
EXPECTED = json.loads((HERE / "databases/expected.json").read_text())


class Upgrade(unittest.TestCase):
    def check(self, dump):
        good, bad = Receiver(), Receiver()
        self.addCleanup(good.close)
        self.addCleanup(bad.close)
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            (folder / "data").mkdir(mode=0o700)
            database = sqlite3.connect(folder / "data/crewship.db")
            database.executescript(dump.read_text())
            for name, receiver in (("good", good), ("bad", bad)):
                database.execute("UPDATE outgoing_webhooks SET url = ? WHERE name = ?", (receiver.url, name))
            database.execute("UPDATE deliveries SET next_attempt_at = 1 WHERE next_attempt_at IS NOT NULL")
            if database.execute("SELECT 1 FROM sqlite_schema WHERE name = 'waiting_deliveries'").fetchone():
                database.execute("UPDATE waiting_deliveries SET due_at = 1")
            database.commit()
            database.close()
            daemon = Daemon(BINARY, folder)
            try:
                self.work(daemon, good, bad)
                daemon.stop()
            finally:
                daemon.kill()
            database = sqlite3.connect(folder / "data/crewship.db")
            self.addCleanup(database.close)
            self.assertEqual(database.execute("PRAGMA integrity_check").fetchall(), [("ok",)])
            self.assertEqual(database.execute("PRAGMA foreign_key_check").fetchall(), [])

    def work(self, daemon, good, bad):
        run = daemon.get(f"/v1/runs/{EXPECTED['run_id']}")
        self.assertEqual((run["status"], run["input"], run["output"]),
                         ("succeeded", {"topic": "old"}, {"topic": "old"}))
        logs = daemon.get(f"/v1/runs/{EXPECTED['run_id']}/logs")["logs"]
        self.assertEqual([(line["id"], line["message"]) for line in logs], [(2, "first line")], "1 is the run's start")
        for filters in ("", "?status=succeeded", f"?status=succeeded&deployment_id={EXPECTED['deployment_id']}"):
            self.assertEqual([run["id"] for run in daemon.get("/v1/runs" + filters)["runs"]], [EXPECTED["run_id"]])
        webhooks = daemon.get(f"/v1/deployments/{EXPECTED['deployment_id']}/incoming-webhooks")["incoming_webhooks"]
        self.assertEqual([webhook["recent"] for webhook in webhooks], [["succeeded"]])
        trace = daemon.get(f"/v1/runs/{EXPECTED['run_id']}/trace")
        self.assertEqual({d["id"] for d in trace["deliveries"]}, set(EXPECTED["deliveries"].values()))
        done = daemon.get(f"/v1/deliveries/{EXPECTED['deliveries']['good']}")
        self.assertEqual((done["status"], done["attempts"][0]["response_status"]), ("succeeded", 200))
        # What waited goes out, with the secrets of before.
        bad.wait_for(1)
        headers, body = bad.requests[0]
        self.assertEqual(headers["X-Crewship-Delivery"], EXPECTED["deliveries"]["bad"])
        self.assertEqual(headers["Authorization"], "Bearer bad")
        signed = (headers["X-Crewship-Timestamp"] + ".").encode() + body
        secret = EXPECTED["webhooks"]["bad"]["secret"].encode()
        self.assertEqual(headers["X-Crewship-Signature"],
                         "sha256=" + hmac.new(secret, signed, hashlib.sha256).hexdigest())
        # The old URL still opens, and everything behind it works.
        _, answer = daemon.call("POST", "/webhooks/runs/" + EXPECTED["token"], {"topic": "new"})
        self.assertEqual(answer["version_id"], EXPECTED["version_id"])
        self.assertEqual(daemon.ended_run(answer["run_id"])["output"], {"topic": "new"})
        good.wait_for(1)
        bad.wait_for(2)
        webhook = daemon.get(f"/v1/incoming-webhooks/{EXPECTED['incoming_webhook_id']}")
        self.assertTrue(webhook["url"].endswith(EXPECTED["token"]))
        while daemon.get("/v1/overview")["attention"]:
            pass  # until the answer of the receiver that failed before is on disk


for each in sorted((HERE / "databases").glob("*.sql")):
    setattr(Upgrade, "test_" + each.stem, lambda self, dump=each: self.check(dump))


class Databases(unittest.TestCase):
    def test_there_is_one_of_every_schema(self):
        kept = {each.stem.split("_")[0] for each in (HERE / "databases").glob("*.sql")}
        newest = max(int(number) for number in kept)
        self.assertEqual(kept, {str(number) for number in range(1, newest + 1)})
        migrations = (HERE.parents[1] / "src/store/schema.cpp").read_text()
        self.assertNotIn("{%d, " % (newest + 1), migrations, "a new schema needs a database here: make_databases.py")


if __name__ == "__main__":
    unittest.main()
