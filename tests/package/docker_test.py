"""The Dockerfile, as far as it can be checked without Docker: hadolint where there is one, and what is ours to promise."""
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FILE = SOURCE / "config/docker/Dockerfile"


class Dockerfile(unittest.TestCase):
    def setUp(self):
        joined = re.sub(r"\\\n\s*", "", FILE.read_text())
        lines = [line for line in joined.splitlines() if line and not line.startswith("#")]
        stages = [number for number, line in enumerate(lines) if line.startswith("FROM ")]
        self.build = lines[:stages[-1]]
        self.final = [line.split(None, 1) for line in lines[stages[-1]:]]

    def last(self, word):
        return [rest for first, rest in self.final if first == word][-1]

    def test_the_image_is_built_from_the_package(self):
        self.assertIn("RUN ./dev package", self.build)
        self.assertRegex((SOURCE / "dev").read_text(), r"\n  package ")
        self.assertIn("--from=build /src/build/release/*.deb /tmp/", self.last("COPY"))

    def test_it_runs_as_nobody_special(self):
        self.assertRegex(self.last("USER"), r"^[1-9]\d+:[1-9]\d+$")
        words = [first for first, _ in self.final]
        self.assertGreater(words.index("USER"), words.index("RUN"))
        self.assertGreater(words.index("ENTRYPOINT"), words.index("USER"))

    def test_it_says_how_it_is_and_keeps_its_state(self):
        self.assertIn("/healthz", self.last("HEALTHCHECK"))
        self.assertEqual(self.last("VOLUME"), "/var/lib/crewshipd")
        self.assertIn('"data_dir": "/var/lib/crewshipd"', (SOURCE / "config/crewshipd.json").read_text())
        for word in ("ENTRYPOINT", "CMD"):  # not through a shell, which would keep SIGTERM from the daemon
            self.assertTrue(self.last(word).startswith("["))

    def test_hadolint_finds_nothing(self):
        if shutil.which("hadolint") is None:
            self.skipTest("hadolint is not here")
        found = subprocess.run(["hadolint", FILE], text=True, capture_output=True)
        self.assertEqual(found.returncode, 0, found.stdout)


if __name__ == "__main__":
    sys.argv[1:] = []
    unittest.main(verbosity=2)
