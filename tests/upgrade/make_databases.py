"""Writes into databases/ a small database of each schema that has none there yet: the one of the schema before, taken
over by the migration. Its rows stay as a daemon once made them (their secrets are sealed), so what expected.json says
of them stays true. Run when there is a new schema: make_databases.py"""
import re
import sqlite3
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT = HERE / "databases"


def migrations():
    """(number, name, SQL) of each, the oldest first."""
    schema = (ROOT / "src/store/schema_sql.hpp").read_text()
    sql = dict(re.findall(r'(\w+)_sql = R"sql\((.*?)\)sql"', schema, re.DOTALL))
    order = re.findall(r'\{(\d+), "(\w+)"', (ROOT / "src/store/schema.cpp").read_text())
    return [(int(number), name, sql[name]) for number, name in order]


def dump(before, number, name, sql):
    database = sqlite3.connect(":memory:")
    database.executescript(before.read_text() + sql)
    database.execute("INSERT INTO schema_migrations VALUES(?, ?, 1764000000000)", (number, name))
    database.commit()
    lines = [f"PRAGMA application_id={0x63726577};", f"PRAGMA user_version={number};", *database.iterdump()]
    return "\n".join(lines) + "\n"


def main():
    before = None
    for number, name, sql in migrations():
        file = KEPT / f"{number}_{name}.sql"
        if not file.exists():
            file.write_text(dump(before, number, name, sql))
        before = file


if __name__ == "__main__":
    main()
