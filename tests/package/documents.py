"""Runs the commands of a Markdown document as a reader would: the `sh` blocks in order in one terminal, those that begin
with a comment like "# second terminal" in one of their own, where they stay. A `text` block is what must be on a screen:
after a command that ends all of its output, else lines in this order on the screen of any terminal that stays.
Ids, times, tokens and durations may differ; … stands for anything."""
import os
import re
import signal
import subprocess
import threading

PATIENCE = 60
# What differs from one time to the next, each replaced by its own pattern.
CHANGING = re.compile("|".join([
    r"(?P<id>\b(?:dep|ver|run|iwh|owh|dlv|att|key)_[0-9a-z]{26}\b)",
    r"(?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)",
    r"(?P<duration>\b\d+(?:\.\d+)? (?:ms|s)\b)",
    r"(?P<now>\((?:now|\d+ s ago)\))",
    r"(?P<any>…)",
    r"(?P<gap> {2,})",
]))
PATTERNS = {"id": r"{prefix}_[0-9a-z]{{26}}", "time": r"\d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{{3}}Z",
            "duration": r"\d+(?:\.\d+)? (?:ms|s)", "now": r"\((?:now|\d+ s ago)\)", "any": ".*", "gap": " +"}


def line_pattern(line):
    pattern, end = "", 0
    for found in CHANGING.finditer(line):
        pattern += re.escape(line[end:found.start()])
        pattern += PATTERNS[found.lastgroup].format(prefix=found.group()[:3])
        end = found.end()
    return pattern + re.escape(line[end:])


def blocks(text):
    """(language, content) of each fenced block."""
    return re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def position_after(lines, screen, start):
    """Where the lines, in this order, end on the screen; None when one is not there."""
    for line in lines:
        found = re.compile("^" + line_pattern(line) + "$", re.MULTILINE).search(screen, start)
        if found is None:
            return None
        start = found.end()
    return start


class Terminal:
    def __init__(self, folder, environment, changed):
        self.shell = subprocess.Popen(["bash", "-e"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True, cwd=folder, env=environment,
                                      start_new_session=True)
        self.screen, self.seen, self.ended = "", 0, False
        self.changed = changed
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        while piece := os.read(self.shell.stdout.fileno(), 65536):
            with self.changed:
                self.screen += piece.decode(errors="replace")
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def type(self, commands):
        self.shell.stdin.write(commands)
        self.shell.stdin.flush()

    def close(self):
        try:
            os.killpg(self.shell.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass  # it has ended by itself
        self.shell.wait(PATIENCE)
        self.reader.join()
        self.shell.stdin.close()
        self.shell.stdout.close()


class Reader:
    def __init__(self, folder, environment):
        self.folder, self.environment = folder, environment
        self.changed = threading.Condition()
        self.main = self.open_terminal()
        self.others = []
        self.counted = 0
        self.printed = None  # by the last commands; None when these stay

    def open_terminal(self):
        return Terminal(self.folder, self.environment, self.changed)

    def follow(self, text):
        """How many blocks of commands there were."""
        for language, content in blocks(text):
            if language == "sh":
                self.run(content)
            elif language == "text":
                self.compare(content)
        return self.counted

    def run(self, commands):
        self.counted += 1
        if re.match(r"# \w+ terminal\n", commands):
            self.others.append(self.open_terminal())
            self.others[-1].type(commands)
            self.printed = None
            return
        start, mark = len(self.main.screen), f"<block {self.counted} is done>\n"
        self.main.type(f"{commands}\necho '{mark[:-1]}'\n")
        with self.changed:
            self.changed.wait_for(lambda: mark in self.main.screen[start:] or self.main.ended, PATIENCE)
            self.printed, done, _ = self.main.screen[start:].partition(mark)
        if not done:
            raise AssertionError(f"this did not end well:\n{commands}\nIt printed:\n{self.printed}")

    def compare(self, expected):
        lines = expected.rstrip("\n").split("\n")
        printed, self.printed = self.printed, None
        if printed is None:
            self.find_elsewhere(lines)
            return
        pattern = "".join("(?:.*\n)*" if line == "…" else line_pattern(line) + "\n" for line in lines)
        if printed and not printed.endswith("\n"):
            printed += "\n"
        if not re.fullmatch(pattern, printed):
            raise AssertionError(f"the document says:\n{expected}\nbut it prints:\n{printed}")

    def find_elsewhere(self, lines):
        def found():
            for terminal in self.others:
                after = position_after(lines, terminal.screen, terminal.seen)
                if after is not None:
                    terminal.seen = after
                    return True
            return False

        with self.changed:
            if not self.changed.wait_for(found, PATIENCE):
                screens = "\n---\n".join(terminal.screen for terminal in self.others)
                raise AssertionError("on no screen:\n" + "\n".join(lines) + "\nThey show:\n" + screens)

    def close(self):
        for terminal in [*reversed(self.others), self.main]:
            terminal.close()
