"""The warm process: it has what foreign modules import, and runs each call in a child of its own.

A program, fed to a Python of the host as its source: nothing of the agent's is imported here.
Requests come on one pipe and are answered on another, each a length and a JSON object.  No file is
left on the host; what needs one (a module in another language, one that starts anew under another
Python) gets a private folder for the time of its call.
"""

from __future__ import annotations

import atexit
import json
import os
import re
import selectors
import signal
import struct
import sys
import threading
import time
import types
from importlib.machinery import ModuleSpec
from typing import Any, BinaryIO, Dict, List, Mapping, NoReturn, Optional, Sequence, Tuple

Request = Mapping[str, Any]
Pipe = Tuple[int, int]

GRACE = 0.5
"""Seconds that a process which the module left behind may keep its pipes open."""

MOST = 64 * 1024 * 1024
"""Bytes that a module may print."""

BASIC = "ansible.module_utils.basic"
RESPAWN = "ansible.module_utils.common.respawn"
NOWHERE = "/suture/foreign"
"""Where the sources seem to be: some modules climb up from there."""


class Shipped:
    """Finds modules by their dotted names among the ``sources``: text, and whether a package."""

    def __init__(self) -> None:
        self.sources: Dict[str, Tuple[str, bool]] = {}
        self.codes: Dict[str, Any] = {}
        self.base = NOWHERE
        self.main = ""

    def place(self, name: str) -> str:
        package = self.sources[name][1]
        return "%s/%s%s" % (self.base, name.replace(".", "/"), "/__init__.py" if package else ".py")

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Optional[ModuleSpec]:
        if name not in self.sources:
            return None
        loader: Any = self
        spec = ModuleSpec(name, loader, origin=self.place(name), is_package=self.sources[name][1])
        spec.has_location = True
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """As usual."""

    def exec_module(self, module: Any) -> None:
        exec(self.code(module.__spec__.name), vars(module))  # noqa: S102 - as every loader does

    def code(self, name: str) -> Any:
        """The source, compiled once for all children."""
        if name not in self.codes:
            text = self.sources[name][0]
            self.codes[name] = compile(text, self.place(name), "exec", dont_inherit=True)
        return self.codes[name]

    def get_source(self, name: str) -> str:
        name = self.main if name == "__main__" else name
        if name not in self.sources:
            raise ImportError(name)
        return self.sources[name][0]

    def get_data(self, path: str) -> bytes:
        """What a module reads of itself through its loader."""
        for name, (text, _) in self.sources.items():
            if self.place(name) == path:
                return text.encode("utf-8")
        raise FileNotFoundError(path)

    def zipped(self, path: str) -> None:
        """The same as a file that another Python can have on its path."""
        import zipfile

        with zipfile.ZipFile(path, "w") as archive:
            for name, (text, package) in self.sources.items():
                within = name.replace(".", "/") + ("/__init__.py" if package else ".py")
                archive.writestr(within, text)


def read(stream: BinaryIO) -> Optional[Request]:
    head = stream.read(4)
    if len(head) < 4:
        return None
    (size,) = struct.unpack(">I", head)
    body = stream.read(size)
    if len(body) < size:
        return None
    request: Request = json.loads(body)
    return request


def write(stream: BinaryIO, message: Mapping[str, Any]) -> None:
    body = json.dumps(message).encode()
    stream.write(struct.pack(">I", len(body)) + body)
    stream.flush()


def serve(requests: BinaryIO, answers: BinaryIO, outlet: int) -> NoReturn:
    """Answer every request until there are no more; what is warm stays so.  ``outlet``: a socket
    through which is told what came of calls in a copy of the host's files."""
    shipped = Shipped()
    os.set_inheritable(outlet, False)
    ours = (requests.fileno(), answers.fileno(), outlet)
    sys.meta_path.insert(0, shipped)
    while True:
        request = read(requests)
        if request is None:
            os._exit(0)
        shipped.sources.update(request["sources"])
        try:
            made = attempted if "attempt" in request else called
            answer = made(request, shipped, ours)
        except OSError as error:
            answer = {"rc": 1, "out": "", "err": "", "trouble": str(error)}
        write(answers, answer)


def warmed(shipped: Shipped) -> None:
    """What nearly every module imports is imported here, and all of it is compiled; trouble with
    that is met again, and told, by the child."""
    try:
        for name in list(shipped.sources):
            shipped.code(name)
        __import__(BASIC)
    except Exception as error:  # noqa: BLE001
        del error  # the child will say it


def attempted(request: Request, shipped: Shipped, ours: Sequence[int]) -> Dict[str, Any]:
    """The call is made in a throw-away copy; what came of it goes through the outlet."""
    import importlib
    import socket

    wanted = request["attempt"]
    warmed(shipped)
    attempt: Any = importlib.import_module(wanted["code"])
    outlet = socket.socket(fileno=os.dup(ours[2]))
    child = os.fork()
    if child == 0:
        try:
            inner = (*ours, outlet.fileno())
            act = lambda: called(request, shipped, inner)  # noqa: E731
            attempt.tried(act, outlet, wanted["known"])
        except BaseException:  # noqa: BLE001 - told on stderr, and nobody is above
            complain()
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if status:
        attempt.sent(outlet, {"lost": wanted["number"], "refused": "the copy was lost"})
    outlet.close()
    return {"ended": status}


def called(request: Request, shipped: Shipped, ours: Sequence[int]) -> Dict[str, Any]:
    """What came of one call: its exit code, what it printed, and whether its time was over."""
    folder, argv = "", []
    try:
        if request["kind"] != "python":
            folder = private()
            argv = placed(request, folder)
        elif RESPAWN in request["needs"]:
            folder = private()
            shipped.zipped(os.path.join(folder, "sources.zip"))
        if request["kind"] == "python":
            warmed(shipped)
        pipes = os.pipe(), os.pipe()
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            begun(request, shipped, folder, argv, pipes, ours)
        for _, end in pipes:
            os.close(end)
        return drained(child, [begin for begin, _ in pipes], request.get("seconds"))
    finally:
        if folder:
            import shutil

            shutil.rmtree(folder, ignore_errors=True)


def private() -> str:
    """A new folder that is open to this user alone."""
    import tempfile

    return tempfile.mkdtemp(prefix="suture-")


# -- in the child ----------------------------------------------------------------------------------


def begun(
    request: Request,
    shipped: Shipped,
    folder: str,
    argv: List[str],
    pipes: Sequence[Pipe],
    ours: Sequence[int],
) -> NoReturn:
    """Be the call; this never returns."""
    status = 1
    try:
        os.setsid()
        for handle in ours:
            os.close(handle)
        null = os.open(os.devnull, os.O_RDONLY)
        os.dup2(null, 0)
        os.dup2(pipes[0][1], 1)
        os.dup2(pipes[1][1], 2)
        for each in (null, *pipes[0], *pipes[1]):
            if each > 2:
                os.close(each)
        sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", errors="surrogateescape", closefd=False)  # noqa: SIM115
        sys.stderr = open(  # noqa: SIM115
            2, "w", encoding="utf-8", errors="backslashreplace", closefd=False, buffering=1
        )
        os.environ.update(request["environment"])
        signal.signal(signal.SIGPIPE, signal.SIG_DFL if argv else signal.SIG_IGN)
        if argv:
            os.execvp(argv[0], argv)
        status = ran(request, shipped, folder)
    except BaseException:  # noqa: BLE001 - told on stderr, and nobody is above
        complain()
    finally:
        finish(status)


def finish(status: int) -> NoReturn:
    """End as Python would, threads and exit handlers included, without taking everything down."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001
        atexit._run_exitfuncs()  # noqa: SLF001
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:  # noqa: BLE001 - the result is out already, or its lack is told
        complain()
    finally:
        os._exit(status)


def complain() -> None:
    import traceback

    traceback.print_exc()


def ran(request: Request, shipped: Shipped, folder: str) -> int:
    """Run a Python module as the main program; its exit code.

    The private names are those by which Ansible's own starter gives a module what it needs.
    """
    name: str = request["name"]
    basic: Any = __import__(BASIC, fromlist=["basic"])
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": request["args"]}).encode()  # noqa: SLF001
    if hasattr(basic, "_ANSIBLE_PROFILE"):
        basic._ANSIBLE_PROFILE = "legacy"  # noqa: SLF001
    if folder:
        shipped.base = os.path.join(folder, "sources.zip")
    main: Any = types.ModuleType("__main__")
    main.__package__ = name.rpartition(".")[0]
    main.__file__, shipped.main = shipped.place(name), name
    main.__loader__ = shipped
    main._module_fqn = name  # noqa: SLF001
    main._modlib_path = shipped.base  # noqa: SLF001
    __import__(main.__package__)
    sys.modules["__main__"] = main
    sys.argv = [main.__file__]
    try:
        exec(shipped.code(name), vars(main))  # noqa: S102 - the module, as the author wrote it
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 255
        sys.stderr.write("%s\n" % (end.code,))
        return 1
    return 0


# -- modules that are no Python --------------------------------------------------------------------


def placed(request: Request, folder: str) -> List[str]:
    """The words that run a module from a file in the folder, its arguments in one beside it."""
    import base64

    data = base64.b64decode(request["data"])
    if request["kind"] == "jsonargs":
        given = json.dumps(request["args"])
        data = data.replace(b"<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>", given.encode())
    path = os.path.join(folder, request["name"].rpartition(".")[2])
    arguments = path + ".args"
    with open(path, "wb") as file:
        file.write(data)
        os.fchmod(file.fileno(), 0o700)
    with open(arguments, "w", encoding="utf-8") as file:
        old = request["kind"] == "old"
        file.write(words(request["args"]) if old else json.dumps(request["args"]))
    argv = [*interpreter(data, request["interpreter"]), path]
    return argv if request["kind"] == "jsonargs" else [*argv, arguments]


def interpreter(data: bytes, python: str) -> List[str]:
    """What the first line says, so that a folder that forbids execution is no obstacle; Python is
    the one that the agent runs under."""
    first = data.split(b"\n", 1)[0]
    if not first.startswith(b"#!"):
        return []
    said = first[2:].decode("utf-8", "surrogateescape").split()
    if said and os.path.basename(said[0]) == "env":
        said = said[1:]
    if said and re.match(r"python[0-9.]*$", os.path.basename(said[0])):
        said[0] = python
    return said


def words(args: Mapping[str, Any]) -> str:
    """``key=value`` words, quoted as a shell would have them: what modules of old read."""
    import shlex

    return " ".join("%s=%s" % (name, shlex.quote(str(value))) for name, value in args.items())


# -- what comes of it ------------------------------------------------------------------------------


def drained(child: int, pipes: Sequence[int], seconds: Optional[float]) -> Dict[str, Any]:
    """Both outputs, read side by side, until the child has ended; its exit code, -n for a signal."""
    chunks: Dict[int, List[bytes]] = {pipe: [] for pipe in pipes}
    ended: Optional[Tuple[float, int]] = None
    total, trouble, began = 0, "", time.monotonic()
    with selectors.DefaultSelector() as selector:
        for pipe in pipes:
            selector.register(pipe, selectors.EVENT_READ)
        while selector.get_map():
            for key, _ in selector.select(0.1):
                data = os.read(key.fd, 65536)
                if data:
                    chunks[key.fd].append(data)
                    total += len(data)
                else:
                    selector.unregister(key.fd)
            now = time.monotonic()
            if ended is None and not trouble and seconds is not None and now - began > seconds:
                trouble = "time"
            if ended is None and not trouble and total > MOST:
                trouble = "size"
            if trouble and ended is None:
                kill(child)
            if ended is None and selector.get_map():
                pid, status = os.waitpid(child, os.WNOHANG)
                if pid:
                    ended = now, status
            if ended is not None and now - ended[0] > GRACE:
                break
    for pipe in pipes:
        os.close(pipe)
    status = ended[1] if ended is not None else os.waitpid(child, 0)[1]
    rc = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    out, err = (b"".join(chunks[pipe]).decode("utf-8", "replace") for pipe in pipes)
    return {"rc": rc, "out": out, "err": err, "trouble": trouble}


def kill(child: int) -> None:
    """End the call and all that it started; it leads a session of its own."""
    try:
        os.killpg(child, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(child, signal.SIGKILL)
