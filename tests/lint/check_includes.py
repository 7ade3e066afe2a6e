"""Who may include whom: the table of docs/architecture.md, applied to each include of src/ and include/crewship/."""
import re

from sources import cpp_files, main

ROOMS = {
    "base": [],
    "domain": ["base"],
    "store": ["base", "domain"],
    "http": ["base"],
    "events": ["base", "domain", "store"],
    "delivery": ["base", "domain", "store", "events", "http"],
    "runs": ["base", "domain", "store", "events"],
    "ingress": ["base", "domain", "store", "events", "http", "runs"],
    "api": ["base", "domain", "store", "events", "http", "runs", "delivery", "ingress"],
    "console": ["base", "http"],
    "client": ["base", "domain", "http"],
    "app": ["base", "domain", "store", "events", "http", "delivery", "runs", "ingress", "api", "console", "client"],
}
# A single header of a room that is otherwise closed.
EXCEPTIONS = {("runs", "crewship/delivery/wake_up.hpp")}

# Asio is part of base's own vocabulary (Task, Executor), so each room that may wait for something may include it.
OUTSIDE = {
    "base": ["asio", "openssl", "spdlog", "posix"],
    "domain": [],
    "store": ["asio", "sqlite", "file locks"],
    "events": ["asio"],
    "http": ["asio", "beast", "url", "openssl", "c-ares", "posix"],
    "delivery": ["asio", "nlohmann"],
    "runs": ["asio", "nlohmann", "posix"],
    "ingress": ["asio", "nlohmann"],
    "api": ["asio", "nlohmann"],
    "console": [],
    "client": ["asio", "nlohmann", "cli11", "yaml", "posix"],
    "app": ["asio", "nlohmann", "cli11", "prometheus", "posix"],
}
# The first pattern that matches names the library.
LIBRARIES = [
    ("standard library", r"[a-z0-9_]+"),
    ("openssl", r"openssl/.*|boost/asio/ssl(\.hpp|/.*)"),
    ("asio", r"boost/(asio|system)(\.hpp|/.*)"),
    ("beast", r"boost/beast(\.hpp|/.*)"),
    ("url", r"boost/url(\.hpp|/.*)"),
    ("spdlog", r"(spdlog|fmt)/.*"),
    ("nlohmann", r"nlohmann/.*"),
    ("sqlite", r"SQLiteCpp/.*|sqlite3\.h"),
    ("c-ares", r"ares(_\w+)?\.h"),
    ("cli11", r"CLI/.*"),
    ("yaml", r"yaml-cpp/.*"),
    ("prometheus", r"prometheus/.*"),
    ("file locks", r"sys/file\.h|sys/stat\.h|fcntl\.h|unistd\.h"),
    ("posix", r"[a-z0-9_]+\.h|(sys|net|netinet|arpa|linux)/\w+\.h"),
]

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]')


def library_of(header):
    return next((name for name, pattern in LIBRARIES if re.fullmatch(pattern, header)), None)


def room_of(parts):
    """src/<room>/…, include/crewship/<room>/…; src/main.cpp is wired like app."""
    inside = parts[2:] if parts[0] == "include" else parts[1:]
    return inside[0] if len(inside) > 1 else "app"


def complaint(root, path, quote, header):
    parts = path.relative_to(root).parts
    public, room = parts[0] == "include", room_of(parts)
    if room not in ROOMS:
        return f"there is no room {room}; add it to the table first"
    if quote == '"':
        if public:
            return f'"{header}": a public header includes public headers only, as <crewship/room/name.hpp>'
        beside = (path.parent / header).resolve()
        if not beside.is_relative_to((root / "src" / room).resolve()):
            return f'"{header}" is private to another room'
        return None
    if header.startswith("crewship/"):
        other = header.split("/")[1]
        if other == room or other in ROOMS[room] or (room, header) in EXCEPTIONS:
            return None
        return f"{room} may not include <{header}>"
    library = library_of(header)
    if library == "nlohmann" and public:
        return f"<{header}>: JSON values do not appear in public headers"
    allowed = OUTSIDE[room]
    if library == "standard library" or library in allowed or (library == "file locks" and "posix" in allowed):
        return None
    return f"{room} may not include <{header}>" + (f" ({library})" if library else "")


def check(root):
    for path in cpp_files(root, "src", "include/crewship"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if found := INCLUDE.match(line):
                if text := complaint(root, path, *found.groups()):
                    yield path, number, text


if __name__ == "__main__":
    main(check)
