"""An operator's walk: install the package, configure, trigger, follow, break a receiver, see it in the metrics and the log,
mend it, recover, back up, restore, upgrade, remove. Prints what the operator sees. walk_test.py BUILD_FOLDER"""
import re
import subprocess
import sys
import tempfile
import time

import root

PATIENCE = 60
CONFIG = "/etc/crewshipd/crewshipd.json"
STATE = "/var/lib/crewshipd"
CLIENT = "export CREWSHIP_API_KEY_FILE=/root/admin.key; cd /root; set -o pipefail; "


class Walk:
    def __init__(self, machine):
        self.machine = machine
        self.service = None
        self.receiver = None

    def title(self, words):
        print(f"\n== {words}")

    def do(self, command, shows=None):
        """What is printed must have the words in it."""
        print(f"# {command}")
        printed = self.machine.run("bash", "-c", CLIENT + command)
        print(printed, end="" if printed.endswith("\n") else "\n", flush=True)
        if shows is not None and not re.search(shows, printed):
            raise AssertionError(f"expected {shows}")
        return printed.strip()

    def wait_until(self, command, shows):
        """Asks again, as an operator would. The last answer is printed."""
        print(f"# {command}")
        end = time.monotonic() + PATIENCE
        while not re.search(shows, printed := self.machine.run("bash", "-c", CLIENT + command, check=False)):
            if time.monotonic() > end:
                raise AssertionError(f"{command} never showed {shows}, at last:\n{printed}")
        print(printed, end="", flush=True)
        return printed.strip()

    def start_service(self):
        print("# systemctl start crewshipd    (here: the unit's ExecStart, as its user)")
        self.service = root.Service(self.machine)
        print(self.service.wait_for("READY=1"))

    def stop_service(self):
        print("# systemctl stop crewshipd")
        print(self.service.stop().splitlines()[0])

    def start_receiver(self, secret):
        print("# crewshipd listen --listen 127.0.0.1:9000 --secret whsec_… &")
        self.receiver_log = self.machine.path / "run/receiver"
        with open(self.receiver_log, "w") as log:
            self.receiver = subprocess.Popen(["/usr/sbin/chroot", self.machine.path, "crewshipd", "listen", "--listen",
                                              "127.0.0.1:9000", "--secret", secret], stdout=log, stderr=log)
        self.wait_until("cat /run/receiver", "http://127.0.0.1:9000")

    def stop_receiver(self):
        print("# kill %1    (the receiver)")
        self.receiver.terminate()
        self.receiver.wait(PATIENCE)


def walk(machine, package, newer):
    w = Walk(machine)
    log = "/run/log"

    w.title("install")
    w.do(f"dpkg --install {machine.put(package)} 2>&1 | grep -v Reading", "Setting up crewshipd")
    w.do(f"ls -l {CONFIG}; id crewshipd", "root crewshipd")

    w.title("configure")
    w.do(f"""cat >{CONFIG} <<'END'
{{
  "data_dir": "{STATE}",
  "delivery": {{"allow": ["127.0.0.1"], "retry_schedule": ["1s"]}},
}}
END
crewshipd check-config {CONFIG} || echo "exit status $?\"""", "exit status 2")
    w.do(f"sed -i 's/\\]}},$/]}}/' {CONFIG} && crewshipd check-config {CONFIG}")
    w.do(f"stat -c '%A %U %G' {CONFIG}", "-rw-r----- root crewshipd")
    w.start_service()
    w.do("curl -sS http://127.0.0.1:8080/readyz; echo", "ready")
    w.do(f"install -m 600 {STATE}/admin.key /root/admin.key && rm {STATE}/admin.key")

    w.title("a deployment, its webhooks")
    w.do("""mkdir -p /srv/crew && cat >/srv/crew/crew.py <<'END'
import json, sys
task = json.load(sys.stdin)
print("researching", task["topic"], file=sys.stderr)
print(json.dumps({"report": "All about " + task["topic"]}))
END""")
    w.do("crewshipd deployments create crew", "dep_")
    w.do("crewshipd versions create crew --live production --working-dir /srv/crew -- python3 crew.py", "number +1")
    w.do("crewshipd webhooks incoming create crew ci --output json | jq -r .url >url; wc -c <url")
    secret = w.do("crewshipd webhooks outgoing create crew results http://127.0.0.1:9000/ --output json >results.json; "
                  "jq -r .id results.json >results; jq -r .secret results.json | cut -c 1-6", "whsec_")
    secret = machine.run("jq", "-r", ".secret", "/root/results.json").strip()
    w.start_receiver(secret)

    w.title("trigger and follow")
    w.do("""curl --fail-with-body -sS -X POST "$(cat url)" -H 'Idempotency-Key: first' -d '{"topic": "tides"}'; echo""", "running")
    w.do("""crewshipd runs trigger crew --input '{"topic": "tea"}' --follow""", "All about tea")
    w.wait_until("cat /run/receiver", r"(?s)(signature: valid.*){2}")
    w.wait_until("curl -sS http://127.0.0.1:8080/metrics | grep ^crewship_deliveries_ended_total", 'succeeded"} 2')

    w.title("the receiver breaks")
    w.stop_receiver()
    w.do("""for topic in rain snow; do crewshipd runs trigger crew --input "{\\"topic\\": \\"$topic\\"}" --follow; done""", "snow")

    w.title("seen in the metrics and in the log")
    w.wait_until("curl -sS http://127.0.0.1:8080/metrics | grep -E '^crewship_deliver(ies_ended|y_attempts)_total'",
                 r'deliveries_ended_total\{outcome="failed"\} 2')
    w.do(f"grep 'delivery failed' {log}", "connection refused by 127.0.0.1:9000")
    run_id = w.do("crewshipd runs list --limit 1 --output json | jq -r '.runs[0].id'", "run_")
    w.do(f"grep {run_id} {log}    # one run, from its start to the last attempt",
         "(?s)run started.*run succeeded.*delivery attempt failed.*delivery failed")
    w.do("crewshipd webhooks outgoing list crew", "results")

    w.title("the receiver is mended, and what failed is sent again")
    w.start_receiver(secret)
    w.do('crewshipd webhooks outgoing recover "$(cat results)" --since 1h --dry-run', "2")
    w.do('crewshipd webhooks outgoing recover "$(cat results)" --since 1h', "2")
    w.wait_until("cat /run/receiver", r"(?s)(signature: valid.*){2}")

    w.title("back up")
    backup(w)

    w.title("a disaster, and the way back")
    runs = w.do("crewshipd runs list --all --output json | jq -s '[.[].runs[]] | length'")
    w.stop_service()
    w.do(f"rm -rf {STATE}/*")
    restore(w)
    w.start_service()
    w.do("crewshipd runs list --all --output json | jq -s '[.[].runs[]] | length'", f"^{runs}$")
    w.do("""curl --fail-with-body -sS -X POST "$(cat url)" -d '{"topic": "the way back"}'; echo""", "running")
    w.wait_until("cat /run/receiver", r"the way back[^ ]*\n +signature: valid")

    w.title("upgrade")
    w.stop_service()
    w.do(f"dpkg --install {machine.put(newer)} 2>&1 | grep -v Reading", "over|Unpacking")
    w.start_service()
    w.do("dpkg-query -W crewshipd; crewshipd deployments list", "(?s)9.9.9.*crew")
    w.do(f"grep -c retry_schedule {CONFIG}", "^1")

    w.title("remove")
    w.stop_service()
    w.stop_receiver()
    w.do("dpkg --remove crewshipd 2>&1 | grep -v Reading", "Removing crewshipd")
    w.do(f"ls {STATE}; id -u crewshipd >/dev/null && echo 'the user is still there'", "(?s)crewship.db.*still there")
    w.do("dpkg --purge crewshipd 2>&1 | grep -v Reading", "Purging configuration files for crewshipd")
    w.do(f"ls -d {STATE} /etc/crewshipd 2>&1; id crewshipd 2>&1; true", "(?s)No such file.*No such file.*no such user")
    print("\nThe walk is done.")


AS_CREWSHIPD = "setpriv --reuid crewshipd --regid crewshipd --clear-groups"


def backup(w):
    w.do("install -d -o crewshipd -g crewshipd -m 700 /var/backups/crewshipd")
    w.do(f"{AS_CREWSHIPD} crewshipd backup --config {CONFIG} /var/backups/crewshipd/today.db", "Backed up")
    w.do("ls /var/backups/crewshipd", "db")


def restore(w):
    w.do(f"{AS_CREWSHIPD} crewshipd restore /var/backups/crewshipd/today.db --data-dir {STATE}", "Restored")
    w.do(f"ls -l {STATE}", "crewship.db")


if __name__ == "__main__":
    root.enter()
    for program in ("jq", "curl"):
        if subprocess.run(["sh", "-c", f"command -v {program}"], capture_output=True).returncode != 0:
            root.skip(f"{program} is missing")
    with tempfile.TemporaryDirectory() as folder:
        walk(root.Root(), root.make_package(sys.argv[1], folder + "/now"),
             root.make_package(sys.argv[1], folder + "/newer", version="9.9.9"))
