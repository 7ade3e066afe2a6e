"""A machine to install the package on: everything this one has, in namespaces of its own, with a layer on top that takes
what is written. Nothing of it reaches the machine that runs the test, and no process outlives it. Needs root and Linux's
overlayfs; where these are missing, the test counts as not run and says why.

A test calls enter() first, which starts the script again inside."""
import os
import pathlib
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile

INSIDE = "CREWSHIP_INSIDE_NAMESPACES"
SKIPPED = 77
SOURCE = pathlib.Path(__file__).resolve().parents[2]


def skip(why):
    print(f"not run: {why}")
    sys.exit(SKIPPED)


def enter():
    if os.environ.get(INSIDE):
        return
    for program, package in (("unshare", "util-linux"), ("dpkg", "dpkg"), ("cpack", "cmake"),
                             ("dpkg-shlibdeps", "dpkg-dev"), ("ip", "iproute2")):
        if shutil.which(program) is None:
            skip(f"{program} is missing (Debian: {package})")
    if os.geteuid() != 0:
        skip("only root can install packages into a root of its own")
    unshare = ["unshare", "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--kill-child", "--propagation"]
    # In a chroot the root is no mount whose propagation could be changed; where nothing is shared, that is no harm.
    kinds = ["private"]
    if "shared:" not in pathlib.Path("/proc/self/mountinfo").read_text():
        kinds.append("unchanged")
    for kind in kinds:
        if subprocess.run([*unshare, kind, "true"], capture_output=True).returncode == 0:
            unshare.append(kind)
            break
    else:
        skip("namespaces cannot be made here")
    os.execvpe(unshare[0], [*unshare, sys.executable, *sys.argv], {**os.environ, INSIDE: "1", "PYTHONDONTWRITEBYTECODE": "1"})


def run(*command, **more):
    return subprocess.run(command, check=True, text=True, capture_output=True, **more)


def make_package(build_folder, into, version=None):
    """A package of what is built in `build_folder`, with all that `cpack` would put into it."""
    more = ["-D", f"CPACK_DEBIAN_PACKAGE_VERSION={version}"] if version else []
    run("cpack", "-G", "DEB", "-B", into, "-D", "CPACK_DEBIAN_COMPRESSION_TYPE=gzip", *more, cwd=build_folder)
    return next(pathlib.Path(into).glob("*.deb"))


class Root:
    """The root folder, with /proc and /dev mounted and a loopback of its own."""

    def __init__(self):
        base = pathlib.Path(tempfile.mkdtemp(prefix="crewship-root."))
        # A tmpfs is forgotten with the namespace.
        run("mount", "-t", "tmpfs", "tmpfs", base)
        self.path = base / "root"
        for name in ("root", "upper", "work"):
            (base / name).mkdir()
        layers = f"lowerdir=/,upperdir={base}/upper,workdir={base}/work"
        if subprocess.run(["mount", "-t", "overlay", "overlay", "-o", layers, self.path]).returncode != 0:
            skip("overlayfs cannot be mounted here")
        run("mount", "-t", "proc", "proc", self.path / "proc")
        run("mount", "--rbind", "/dev", self.path / "dev")
        for name in ("run", "tmp"):
            run("mount", "-t", "tmpfs", "-o", "mode=1777" if name == "tmp" else "mode=755", "tmpfs", self.path / name)
        run("ip", "link", "set", "lo", "up")
        os.chmod(base, 0o755)

    def put(self, file):
        shutil.copy(file, self.path / "tmp")
        return "/tmp/" + pathlib.Path(file).name

    def run(self, *command, check=True):
        """As root, in the root. What it printed, both streams."""
        done = subprocess.run(["chroot", self.path, *command], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive",
                                   "LC_ALL": "C.UTF-8", "HOME": "/root", "TERM": "dumb"})
        if check and done.returncode != 0:
            raise AssertionError(f"{shlex.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}")
        return done.stdout

    def stat(self, file):
        return self.run("stat", "-c", "%a %U:%G", file).strip()

    def unit(self):
        """The settings of the installed unit; of those given twice the last."""
        text = (self.path / "lib/systemd/system/crewshipd.service").read_text()
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and not line.startswith("#"))


class Service:
    """The unit's ExecStart as systemd would start it: as its user, in its folder, with a socket to report to."""

    def __init__(self, root, environment=None):
        unit = root.unit()
        folder = "/var/lib/" + unit["StateDirectory"]
        root.run("install", "-d", "-m", unit["StateDirectoryMode"], "-o", unit["User"], "-g", unit["Group"], folder)
        self.notifications = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        address = root.path / "run/notify"
        address.unlink(missing_ok=True)
        self.notifications.bind(str(address))
        address.chmod(0o666)
        self.notifications.settimeout(60)
        self.log_file = root.path / "run/log"
        clean = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "NOTIFY_SOCKET": "/run/notify", **(environment or {})}
        start = ["/usr/sbin/chroot", f"--userspec={unit['User']}:{unit['Group']}", root.path, "/bin/sh", "-c",
                 f"cd {folder} && umask {unit['UMask']} && exec {unit['ExecStart']}"]
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(start, env=clean, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait_for(self, words):
        """Hears what the daemon tells systemd until a message has the words in it."""
        while True:
            try:
                message = self.notifications.recv(4096).decode()
            except TimeoutError as error:
                raise AssertionError(f"{words} was not said; the log:\n{self.log()}") from error
            if words in message:
                return message

    def log(self):
        return self.log_file.read_text()

    def stop(self):
        """What was said of it to systemd."""
        self.process.terminate()
        message = self.wait_for("STOPPING=1")
        status = self.process.wait(60)
        self.notifications.close()
        if status != 0:
            raise AssertionError(f"ended with {status}; the log:\n{self.log()}")
        return message
