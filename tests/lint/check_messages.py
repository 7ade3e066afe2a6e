"""Each warning and error that the server can log is on the operations page, with what to do about it."""
import re

from sources import cpp_files, line_of, main

PAGE = "docs/operations.md"
# Levels that ask for action, and the literal that names the event; where it is chosen, both are looked at.
CALL = re.compile(r'\blog_(?:warning|error)\(\s*"((?:[^"\\]|\\.)*)"|LogLevel::(?:warning|error),\s*((?:[^,;]|\n)*?),\s*\{')
LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')


def check(root):
    page = (root / PAGE).read_text()
    listed = set(re.findall(r"`([^`\n]+)`", page))
    for path in cpp_files(root, "src"):
        text = path.read_text()
        for found in CALL.finditer(text):
            events = [found.group(1)] if found.group(1) else LITERAL.findall(found.group(2))
            for event in events:
                if event not in listed:
                    yield path, line_of(text, found.start()), f"`{event}` is not in {PAGE}"


if __name__ == "__main__":
    main(check)
