"""The recipes of docs/callers.md: their shell commands as the tools would run them, against the real daemon.
callers_test.py BUILD_FOLDER"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import textwrap
import unittest
import urllib.request

import documents

SOURCE = pathlib.Path(__file__).resolve().parents[2]
GUIDE = (SOURCE / "docs/callers.md").read_text()


def block(language, words):
    return next(content for kind, content in documents.blocks(GUIDE) if kind == language and words in content)


def pipeline(text):
    """The two commands, wherever they stand in a tool's own file."""
    return textwrap.dedent(re.search(r"^ *jq -n.*?-d @-$", text, re.MULTILINE | re.DOTALL).group())


class Callers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.daemon = subprocess.Popen(
            [f"{BUILD}/crewshipd", "serve", "--listen", "127.0.0.1:0", "--data-dir", folder.name], text=True,
            stderr=subprocess.PIPE, env={**os.environ, "CREWSHIP_API_KEY": "crw_test"})
        cls.addClassCleanup(cls.end)
        for line in cls.daemon.stderr:
            if found := re.search(r" listening  url=(\S+)", line):
                cls.url = found[1]
                break
        deployment = cls.call("/deployments", {"name": "crew"})["id"]
        cls.call(f"/deployments/{deployment}/versions", {"runner": {"type": "builtin", "handler": "echo"},
                                                         "environment": "production"})
        cls.hook = cls.call(f"/deployments/{deployment}/incoming-webhooks", {"name": "in"})["url"]

    @classmethod
    def end(cls):
        cls.daemon.terminate()
        cls.daemon.communicate(timeout=60)

    @classmethod
    def call(cls, path, body=None):
        request = urllib.request.Request(cls.url + "/v1" + path, None if body is None else json.dumps(body).encode(),
                                         {"Authorization": "Bearer crw_test"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def run_shell(self, script, environment):
        return subprocess.run(["sh", "-c", script], text=True, capture_output=True,
                              env={"PATH": os.environ["PATH"], **environment})

    def check(self, script, environment, hook, expected):
        """Twice is once, and a refusal is a failure."""
        ran = self.run_shell(script, {**environment, hook: self.hook})
        self.assertEqual(ran.returncode, 0, ran.stderr)
        run_id = json.loads(ran.stdout)["run_id"]
        self.assertEqual(self.call(f"/runs/{run_id}")["input"], expected)
        again = self.run_shell(script, {**environment, hook: self.hook})
        self.assertEqual(json.loads(again.stdout)["run_id"], run_id)
        refused = self.run_shell(script, {**environment, hook: self.url + "/webhooks/runs/" + "A" * 43})
        self.assertEqual(refused.returncode, 22)
        self.assertIn("not_found", refused.stdout)

    nasty = "main'\"; $(touch /tmp/never) `x` \\"  # a branch may be called so

    def test_github_actions(self):
        self.check(pipeline(block("yaml", "runs-on")), {"GITHUB_SHA": "abc", "BRANCH": self.nasty, "GITHUB_RUN_ID": "1",
                   "GITHUB_RUN_ATTEMPT": "2"}, "WEBHOOK_URL", {"commit": "abc", "branch": self.nasty})

    def test_gitlab_ci(self):
        self.check(pipeline(block("yaml", "trigger-research")), {"CI_COMMIT_SHA": "abc", "CI_COMMIT_REF_NAME": self.nasty,
                   "CI_JOB_ID": "7"}, "CREWSHIP_WEBHOOK_URL", {"commit": "abc", "branch": self.nasty})

    def test_jenkins(self):
        self.check(pipeline(block("groovy", "withCredentials")), {"GIT_COMMIT": "abc", "GIT_BRANCH": self.nasty,
                   "BUILD_TAG": "jenkins-crew-3"}, "WEBHOOK_URL", {"commit": "abc", "branch": self.nasty})

    def test_cron(self):
        table = block("cron", "MAILTO")
        line = re.search(r"^0 9 \* \* \* (.*)$", table, re.MULTILINE)[1]
        self.assertNotRegex(line, r"(?<!\\)%")  # which would end the command
        script = line.replace("\\%", "%")
        ran = self.run_shell(script, {"WEBHOOK_URL": self.hook})
        self.assertEqual((ran.returncode, ran.stdout), (0, ""), ran.stderr)
        newest = self.call("/runs?limit=1")["runs"][0]["id"]
        self.assertRegex(self.call(f"/runs/{newest}")["input"]["date"], r"^\d{4}-\d\d-\d\d$")
        self.assertEqual(self.run_shell(script, {"WEBHOOK_URL": self.url + "/webhooks/runs/x"}).returncode, 22)


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
