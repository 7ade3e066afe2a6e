"""promtool accepts the alert rules and the dashboard's queries, and each alert goes off when it should. Exits with 77
where there is no promtool; `./dev test` fetches it to build/tools."""
import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SKIPPED = 77


def promtool():
    own = ROOT / "build/tools/promtool"
    return str(own) if own.exists() else shutil.which("promtool")


def queries(dashboard):
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"].replace("$__rate_interval", "5m").replace("$instance", ".*")


def check_queries(tool):
    """As recording rules, which promtool can check."""
    dashboard = json.loads((ROOT / "config/grafana/dashboard.json").read_text())
    rules = [{"record": f"panel:q{number}", "expr": expr} for number, (_, expr) in enumerate(queries(dashboard))]
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, file)  # JSON is YAML
        file.flush()
        return subprocess.run([tool, "check", "rules", "--lint=none", file.name]).returncode


def main():
    tool = promtool()
    if tool is None:
        print("promtool is not here; ./dev test fetches it")
        return SKIPPED
    alerts = str(ROOT / "config/prometheus/alerts.yml")
    tests = str(ROOT / "tests/lint/alerts_test.yml")
    failed = subprocess.run([tool, "check", "rules", alerts]).returncode
    failed |= subprocess.run([tool, "test", "rules", tests]).returncode
    failed |= check_queries(tool)
    tested = set(re.findall(r"alertname: (\w+)", Path(tests).read_text()))
    for alert in re.findall(r"alert: (\w+)", Path(alerts).read_text()):
        if alert not in tested:
            print(f"{alert} has no test in alerts_test.yml")
            failed = 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
