"""Correct or not counted: what was acknowledged is in the database, and what had to be delivered was."""
import sqlite3


class NotCorrect(Exception):
    pass


def require(condition, text):
    if not condition:
        raise NotCorrect(text)


def ask(daemon, sql):
    """Precondition: the daemon has been stopped."""
    connection = sqlite3.connect(f"file:{daemon.database}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def runs_recorded(daemon, acknowledged, under_way):
    """Each acknowledged run is there and has ended well; at most those under way at the end are there besides.
    Returns how many there are."""
    by_status = dict(ask(daemon, "SELECT status, count(*) FROM runs GROUP BY status"))
    total = sum(by_status.values())
    require(by_status == {"succeeded": total}, f"runs that did not succeed: {by_status}")
    require(acknowledged <= total <= acknowledged + under_way,
            f"{acknowledged} runs were acknowledged, {total} are in the database")
    return total


def count_runs(daemon):
    return ask(daemon, "SELECT count(*) FROM runs")[0][0]


def runs_added(daemon, before, acknowledged, under_way):
    """As runs_recorded(), where other runs were there before."""
    added = count_runs(daemon) - before
    require(acknowledged <= added <= acknowledged + under_way,
            f"{acknowledged} runs were acknowledged, {added} came into the database")


def each_run_recorded(daemon, run_ids):
    known = {row[0] for row in ask(daemon, "SELECT id FROM runs WHERE status = 'succeeded'")}
    lost = set(run_ids) - known
    require(not lost, f"{len(lost)} acknowledged runs are not in the database, such as {min(lost, default='')}")


def all_delivered(daemon, arrivals):
    """Each delivery has succeeded, with its attempts on record, and has come to the receiver."""
    rows = ask(daemon, "SELECT d.id, d.status, (SELECT count(*) FROM attempts a WHERE a.delivery_id = d.id AND "
                        "a.status = 'succeeded') FROM deliveries d")
    bad = [row for row in rows if row[1] != "succeeded" or row[2] != 1]
    require(not bad, f"{len(bad)} deliveries are not recorded as delivered, such as {bad[:1]}")
    missing = {row[0] for row in rows} - {delivery for _, _, delivery, _ in arrivals}
    require(not missing, f"{len(missing)} deliveries are recorded as delivered and never came")
    return len(rows)


def nothing_waits(daemon):
    waiting = ask(daemon, "SELECT (SELECT count(*) FROM waiting_deliveries) + (SELECT count(*) FROM attempts_in_flight)")
    require(waiting == [(0,)], f"{waiting[0][0]} deliveries still wait or are in flight")
