# First code to run on the host: executed with ``stream`` open, on whatever Python there is.  It reads
# the agent's sources from the stream, makes them importable from memory (no file is left behind, and
# tracebacks still show source lines) and starts it.
import sys

if sys.version_info < (3, 8):
    import json
    import struct

    said = json.dumps({"event": "refused", "python": sys.version.split()[0]}).encode()
    getattr(sys.stdout, "buffer", sys.stdout).write(
        b"\0suture-agent-1\0\n" + struct.pack(">I", len(said)) + said
    )
    sys.stdout.flush()
    sys.exit(1)

import importlib
import importlib.abc
import importlib.util
import json
import zlib


class Shipped(importlib.abc.MetaPathFinder, importlib.abc.ExecutionLoader):
    """The agent's modules by their dotted names."""

    def __init__(self, sources):
        self.sources = sources

    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_loader(name, self) if name in self.sources else None

    def is_package(self, name):
        return name in ("agent", "agent.modules")

    def get_filename(self, name):
        return "<shipped>/" + name.replace(".", "/") + ".py"

    def get_source(self, name):
        return self.sources[name]


size = int(stream.readline())  # noqa: F821  (bound by the bootstrap command)
shipped = Shipped(json.loads(zlib.decompress(stream.read(size))))  # noqa: F821
sys.meta_path.insert(0, shipped)
importlib.import_module("agent.main").main(stream, shipped.sources)  # noqa: F821
