"""The tutorial, from its first command to its last, and the README's commands, against a real daemon.
tutorial_test.py BUILD_FOLDER"""
import os
import pathlib
import re
import socket
import sys
import tempfile
import unittest

import documents

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def on_free_ports(text, ports):
    """The text with each port replaced by one that is free now."""
    held = [socket.create_server(("127.0.0.1", 0)) for _ in ports]
    for port, server in zip(ports, held):
        text = re.sub(rf"\b{port}\b", str(server.getsockname()[1]), text)
    for server in held:
        server.close()
    return text


class Tutorial(unittest.TestCase):
    def follow(self, text):
        with tempfile.TemporaryDirectory() as folder:
            reader = documents.Reader(folder, {"PATH": f"{BUILD}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": folder})
            try:
                return reader.follow(text)
            finally:
                reader.close()

    def test_every_command_does_what_it_says(self):
        text = (SOURCE / "docs/tutorial.md").read_text()
        self.assertGreater(self.follow(on_free_ports(text, ("8080", "9000"))), 8)

    def test_the_readmes_commands_work_beside_its_demo(self):
        demo = "```sh\n# second terminal\ncrewshipd serve --demo\n```\n```text\n…Admin key…\n```\n"
        text = (SOURCE / "README.md").read_text().replace("```sh\n", "```sh\nexport CREWSHIP_SERVER=http://127.0.0.1:8080\n")
        demo = demo.replace("--demo", "--demo --listen 127.0.0.1:8080")
        self.assertEqual(self.follow(on_free_ports(demo + text, ("8080",))), 3)

    def test_what_is_not_run_here_is_the_installation_alone(self):
        unmarked = [content for language, content in documents.blocks((SOURCE / "docs/tutorial.md").read_text())
                    if language == ""]
        # Run by package_test.py, with dpkg in place of apt.
        self.assertEqual(unmarked, ["./dev package\nsudo apt install ./build/release/crewshipd_*.deb\n"])

    def test_a_difference_is_noticed(self):
        right = "```sh\necho run_01m87c57wasd8hgbk2xttecpt5 in 3 ms\n```\n```text\nrun_01m87c58exyds5pt4x4764e4j7 in 1.5 s\n```\n"
        self.follow(right)
        for wrong in (right.replace("run_01m87c58", "dep_01m87c58"), right.replace("in 1.5", "after 1.5"),
                      right.replace("1.5 s\n", "1.5 s\nand more\n"), right.replace("echo", "false && echo")):
            with self.assertRaises(AssertionError):
                self.follow(wrong)


if __name__ == "__main__":
    BUILD = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
