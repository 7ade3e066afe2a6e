"""Writes databases/: for each schema that was ever released, the SQL of a small database in it. The schemas are those of
the repository's history, as they were committed; the rows are made by a daemon (their secrets are sealed), cut down to
the columns of the time. Run again only when there is a new schema: make_databases.py CREWSHIPD"""
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

from daemon import Daemon, Receiver

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SCHEMA = "src/store/schema_sql.hpp"
MIGRATIONS = "src/store/schema.cpp"


def git(*arguments):
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout


def schemas():
    """Each that differs from the one before, the oldest first, as lists of (number, name, SQL)."""
    found = []
    for commit in reversed(git("log", "--format=%h", "--", SCHEMA, MIGRATIONS).split()):
        sql = dict(re.findall(r'(\w+)_sql = R"sql\((.*?)\)sql"', git("show", f"{commit}:{SCHEMA}"), re.DOTALL))
        order = re.findall(r'\{(\d+), "(\w+)"', git("show", f"{commit}:{MIGRATIONS}"))
        schema = [(int(number), name, sql[name]) for number, name in order]
        # A commit with several migrations is several schemas: another branch may have stopped between them.
        for end in range(1, len(schema) + 1):
            if schema[:end] not in found:
                found.append(schema[:end])
    return found


def make_rows(binary, folder):
    """A data directory with a bit of everything, and what a reader should find in it."""
    good, bad = Receiver(200), Receiver(500)
    daemon = Daemon(binary, folder)
    try:
        deployment = daemon.post("/v1/deployments", {"name": "old crew"})
        path = f"/v1/deployments/{deployment['id']}"
        daemon.post(path + "/versions", {"runner": {"type": "builtin", "handler": "echo"}, "env": {"MODEL": "large"},
                                         "environment": "production"})
        script = "echo first line >&2; cat"
        command = daemon.post(path + "/versions", {"runner": {"type": "command", "command": ["sh", "-c", script]},
                                                   "environment": "staging"})
        incoming = daemon.post(path + "/incoming-webhooks", {"name": "door", "environment": "staging"})
        events = ["run.succeeded", "run.failed"]
        webhooks = [daemon.post(path + "/outgoing-webhooks",
                                {"name": name, "url": receiver.url, "events": events, "environment": "staging",
                                 "headers": {"Authorization": "Bearer " + name}})
                    for name, receiver in (("good", good), ("bad", bad))]
        _, answer = daemon.call("POST", "/webhooks/runs/" + incoming["token"], {"topic": "old"})
        run = daemon.ended_run(answer["run_id"])
        good.wait_for(1)
        bad.wait_for(1)

        def deliveries():
            return daemon.get(f"/v1/runs/{run['id']}/trace")["deliveries"]

        while [d["attempts"][0]["status"] if d["attempts"] else None for d in deliveries()].count("in_flight"):
            pass
        while any(not d["attempts"] or d["attempts"][0]["status"] == "in_flight" for d in deliveries()):
            pass
        expected = {"deployment_id": deployment["id"], "version_id": command["id"], "run_id": run["id"],
                    "token": incoming["token"], "incoming_webhook_id": incoming["id"],
                    "webhooks": {w["name"]: {"id": w["id"], "secret": w["secret"]} for w in webhooks},
                    "deliveries": {("good" if d["outgoing_webhook_id"] == webhooks[0]["id"] else "bad"): d["id"]
                                   for d in deliveries()}}
        daemon.stop()
        return expected
    finally:
        daemon.kill()


def dump(schema, rows):
    version, name, _ = schema[-1]
    database = sqlite3.connect(":memory:")
    database.text_factory = bytes
    database.execute("CREATE TABLE schema_migrations(version INTEGER PRIMARY KEY, name TEXT NOT NULL, "
                     "applied_at INTEGER NOT NULL) STRICT")
    for number, migration, sql in schema:
        database.executescript(sql)
        database.execute("INSERT INTO schema_migrations VALUES(?, ?, 1764000000000)", (number, migration))
    tables = [row[0].decode() for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    for table in tables:
        if table == "schema_migrations":
            continue
        columns = [row[1].decode() for row in database.execute(f"PRAGMA table_info({table})")]
        for row in rows.execute(f"SELECT {', '.join(columns)} FROM {table}"):
            values = list(row)
            if table == "run_log_lines" and version < 3:
                values[columns.index("line")] -= 1  # 1 was not yet the run's start
            database.execute(f"INSERT INTO {table} VALUES({', '.join('?' * len(values))})", values)
    database.text_factory = str
    lines = [f"PRAGMA application_id={0x63726577};", f"PRAGMA user_version={version};", *database.iterdump()]
    return "\n".join(lines) + "\n"


def main():
    with tempfile.TemporaryDirectory() as folder:
        expected = make_rows(sys.argv[1], Path(folder))
        rows = sqlite3.connect(Path(folder) / "data/crewship.db")
        names = []
        for schema in schemas():
            name = f"{schema[-1][0]}_{schema[-1][1]}"
            name += "_as_it_was_first" if f"{name}.sql" not in names and schema[0] != schemas()[-1][0] else ""
            names.append(f"{name}.sql")
            (HERE / "databases" / names[-1]).write_text(dump(schema, rows))
    (HERE / "databases/expected.json").write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    main()
