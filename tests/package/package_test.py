"""The Debian package: installed, started as its unit says, upgraded, removed and purged. package_test.py BUILD_FOLDER"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest
import urllib.request

import root

URL = "http://127.0.0.1:8080"
STATE = "/var/lib/crewshipd"
CONFIG = "/etc/crewshipd/crewshipd.json"


def get(path):
    with urllib.request.urlopen(URL + path, timeout=60) as answer:
        return answer.status


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.package = root.make_package(BUILD, cls.folder.name + "/first")
        cls.newer = root.make_package(BUILD, cls.folder.name + "/newer", version="9.9.9")
        cls.machine = root.Root()

    def install(self, package):
        # Without what it depends on dpkg would leave it unconfigured and say so.
        return self.machine.run("dpkg", "--install", self.machine.put(package))

    def passwd(self):
        return self.machine.run("getent", "passwd", "crewshipd", check=False)

    # One story, in the order in which an administrator lives it.
    def test_a_life(self):
        machine = self.machine
        self.assertEqual(self.passwd(), "")
        self.install(self.package)
        self.assertRegex(self.passwd(), r"^crewshipd:x:\d+:\d+:.*:/var/lib/crewshipd:/usr/sbin/nologin\n$")
        self.assertEqual(machine.stat(STATE), "750 crewshipd:crewshipd")
        self.assertEqual(machine.stat(CONFIG), "640 root:crewshipd")
        self.assertEqual(machine.stat("/usr/bin/crewshipd"), "755 root:root")
        machine.run("crewshipd", "check-config", CONFIG)
        machine.run("crewshipd", "check-config", "/usr/share/doc/crewshipd/examples/crewshipd.example.json")
        enabled = machine.path / "etc/systemd/system/multi-user.target.wants/crewshipd.service"
        self.assertTrue(os.path.islink(enabled))
        self.assertEqual(machine.run("dpkg", "--verify", "crewshipd"), "")

        service = root.Service(machine, {"WATCHDOG_USEC": "60000000"})
        service.wait_for("READY=1")
        self.assertEqual(get("/readyz"), 200)
        self.assertEqual(machine.stat(STATE + "/admin.key"), "600 crewshipd:crewshipd")
        self.assertEqual(machine.run("stat", "-c", "%U", f"/proc/{service.process.pid}").strip(), "crewshipd")
        service.process.send_signal(signal.SIGHUP)
        service.wait_for("RELOADING=1")
        service.wait_for("READY=1")
        self.assertIn("EXTEND_TIMEOUT_USEC=", service.stop())
        key = (machine.path / STATE[1:] / "admin.key").read_text()

        # An upgrade keeps the state, what the administrator wrote, and whom they let read it.
        edited = '{"data_dir": "/var/lib/crewshipd", "log": {"level": "debug"}}\n'
        (machine.path / CONFIG[1:]).write_text(edited)
        self.install(self.newer)
        self.assertIn("9.9.9", machine.run("dpkg-query", "-W", "crewshipd"))
        self.assertEqual((machine.path / CONFIG[1:]).read_text(), edited)
        self.assertEqual(machine.stat(CONFIG), "640 root:crewshipd")
        service = root.Service(machine)
        service.wait_for("READY=1")
        service.stop()
        self.assertEqual((machine.path / STATE[1:] / "admin.key").read_text(), key)

        # A configuration with a problem has it the next time, too, so systemd must not try again.
        (machine.path / CONFIG[1:]).write_text('{"listn": "127.0.0.1:8080"}')
        service = root.Service(machine)
        self.assertEqual(str(service.process.wait(60)), machine.unit()["RestartPreventExitStatus"])
        self.assertIn("listn", service.log())
        service.notifications.close()
        (machine.path / CONFIG[1:]).write_text(edited)

        # Removed: the program is gone, state, configuration and user stay. Installed again, all goes on.
        machine.run("dpkg", "--remove", "crewshipd")
        self.assertFalse((machine.path / "usr/bin/crewshipd").exists())
        self.assertEqual((machine.path / CONFIG[1:]).read_text(), edited)
        self.assertEqual((machine.path / STATE[1:] / "admin.key").read_text(), key)
        self.assertNotEqual(self.passwd(), "")
        self.install(self.package)
        self.assertEqual((machine.path / CONFIG[1:]).read_text(), edited)

        machine.run("dpkg", "--purge", "crewshipd")
        for path in (STATE, "/etc/crewshipd", "/usr/share/doc/crewshipd", "/lib/systemd/system/crewshipd.service"):
            self.assertFalse((machine.path / path[1:]).exists(), path)
        self.assertFalse(os.path.lexists(enabled))
        self.assertEqual(self.passwd(), "")

    def test_the_unit_is_hardened(self):
        analysed = subprocess.run(["systemd-analyze", "security", "--offline=true", "--no-pager",
                                   root.SOURCE / "config/crewshipd.service"], text=True, capture_output=True)
        found = re.search(r"Overall exposure level for crewshipd\.service: (\d+\.\d)", analysed.stdout)
        self.assertTrue(found, analysed.stdout + analysed.stderr)
        self.assertLessEqual(float(found[1]), 2.0, analysed.stdout)

    def test_its_control_files_are_what_policy_asks(self):
        control = root.run("dpkg-deb", "--field", self.package).stdout
        self.assertRegex(control, r"Depends: .*\badduser\b.*\blibc6 \(>= ")
        self.assertIn(CONFIG, root.run("dpkg-deb", "--info", self.package, "conffiles").stdout.split())
        owners = root.run("dpkg-deb", "--contents", self.package).stdout
        self.assertEqual({line.split()[1] for line in owners.splitlines()}, {"root/root"})

    def test_it_brings_the_completions_that_the_binary_prints(self):
        contents = root.run("dpkg-deb", "--contents", self.package).stdout
        for shell, path in (("bash", "bash-completion/completions/crewshipd"), ("zsh", "zsh/vendor-completions/_crewshipd"),
                            ("fish", "fish/vendor_completions.d/crewshipd.fish")):
            prints = subprocess.run([f"{BUILD}/crewshipd", "completion", shell], capture_output=True).returncode == 0
            self.assertEqual(f"./usr/share/{path}\n" in contents, prints, shell)

    def test_lintian_finds_nothing(self):
        if subprocess.run(["sh", "-c", "command -v lintian"], capture_output=True).returncode != 0:
            self.skipTest("lintian is not here")
        found = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", self.package],
                               text=True, capture_output=True)
        self.assertEqual(found.returncode, 0, found.stdout)


if __name__ == "__main__":
    root.enter()
    BUILD = sys.argv.pop(1)
    unittest.main(verbosity=2)
