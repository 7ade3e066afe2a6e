"""Builds the console and turns it into a C++ file that holds its files: build.py OUTPUT_FOLDER.

OUTPUT_FOLDER/dist gets what npm's build makes, OUTPUT_FOLDER/console_files.cpp the table of it. The modules are installed
when package-lock.json has changed since. Builds of several folders may run at once; they wait for each other.
"""

import fcntl
import gzip
import hashlib
import os
import pathlib
import subprocess
import sys

SOURCE = pathlib.Path(__file__).resolve().parent
CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}


def npm(*words, **environment):
    finished = subprocess.run(["npm", *words], cwd=SOURCE, env={**os.environ, **environment}, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if finished.returncode != 0:
        sys.exit(f"npm {' '.join(words)} in src/console failed:\n{finished.stdout}")


def install_modules():
    """npm writes the second file when it is done, so it tells whether the first has changed since."""
    wanted, done = SOURCE / "package-lock.json", SOURCE / "node_modules/.package-lock.json"
    if done.exists() and done.stat().st_mtime >= wanted.stat().st_mtime:
        return
    npm("ci", "--ignore-scripts", "--no-audit", "--no-fund")
    done.touch()


def literal(data):
    """A C++ string literal of any bytes, a piece a line because compilers bound the length of one."""
    digits = {byte: chr(byte) if 32 <= byte < 127 and byte not in b'"\\?' else f"\\{byte:03o}" for byte in range(256)}
    pieces = [data[start:start + 4000] for start in range(0, len(data), 4000)] or [b""]
    return "\n".join('    "' + "".join(map(digits.get, piece)) + '"' for piece in pieces)


def table(folder):
    data, entries = [], []
    for number, path in enumerate(sorted(path for path in folder.rglob("*") if path.is_file())):
        name, content = path.relative_to(folder).as_posix(), path.read_bytes()
        packed = gzip.compress(content, 9, mtime=0)
        # What is packed already gains nothing.
        if len(packed) > len(content) * 9 // 10:
            packed = b""
        data.append(f"constexpr char content_{number}[] =\n{literal(content)};\n"
                    f"constexpr char gzipped_{number}[] =\n{literal(packed)};\n")
        entries.append(f'    {{"{name}", "{CONTENT_TYPES[path.suffix]}", "{hashlib.sha256(content).hexdigest()[:32]}",\n'
                       f"     {{content_{number}, {len(content)}}}, {{gzipped_{number}, {len(packed)}}}}},\n")
    # Compilers need not take a literal over 64 KiB; those that the project is built with do.
    return ("#include <crewship/console/console.hpp>\n\n"
            "#pragma GCC diagnostic ignored \"-Woverlength-strings\"\n\nnamespace crewship {\nnamespace {\n\n" + "".join(data) +
            "\nconstexpr ConsoleFile files[] = {\n" + "".join(entries) + "};\n\n}  // namespace\n\n"
            "std::span<const ConsoleFile> console_files() { return files; }\n\n}  // namespace crewship\n")


def main():
    output = pathlib.Path(sys.argv[1]).resolve()
    output.mkdir(parents=True, exist_ok=True)
    with open(SOURCE / "build.py", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        install_modules()
        npm("run", "build", CREWSHIP_CONSOLE_DIST=str(output / "dist"))
    (output / "console_files.cpp").write_text(table(output / "dist"), encoding="utf-8")


if __name__ == "__main__":
    main()
