# mypy: ignore-errors
# (Executed, not imported: it reads a name that its caller has bound.)
# First code to run on the host: executed with ``stream`` open, on whatever Python there is.  It
# reads the agent's sources from the stream, makes them importable from memory (no file is left
# behind, and tracebacks still show source lines) and starts it.
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

import gc
import importlib
import json
import marshal
import os
import zlib
from importlib.machinery import ModuleSpec
from importlib.util import MAGIC_NUMBER


def packages_of(names):
    """The packages that hold these modules; an empty package is never asked for."""
    return {name.rpartition(".")[0] for name in names}


class Shipped:
    """Finds and loads the agent's modules by their dotted names.

    Built on no class of ``importlib.abc``: importing that takes longer than all the rest.  The
    sources stay packed until somebody asks for one that came without its code.
    """

    def __init__(self, packed, codes):
        self.packed = packed
        self.unpacked = {}
        self.codes = codes
        self.packages = packages_of(codes)

    @property
    def sources(self):
        packed = self.packed
        if packed:
            self.unpacked = json.loads(zlib.decompress(packed))
            self.packed = b""
            self.packages |= packages_of(self.unpacked)
        return self.unpacked

    def add(self, sources):
        self.sources.update(sources)
        self.packages |= packages_of(sources)

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] != "agent":
            return None
        if name not in self.codes and name not in self.sources:
            return None
        place = "<shipped>/" + name.replace(".", "/") + ".py"
        spec = ModuleSpec(name, self, origin=place, is_package=name in self.packages)
        spec.has_location = True
        return spec

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        spec = module.__spec__
        code = self.codes.get(spec.name)
        if code is None:
            code = compile(self.sources[spec.name], spec.origin, "exec", dont_inherit=True)
        exec(code, vars(module))  # noqa: S102 - as every loader does

    def get_source(self, name):
        return self.sources[name]


size = int(stream.readline())  # noqa: F821  (bound by the bootstrap command)
packed = stream.read(size)  # noqa: F821
code = stream.read(int(stream.readline()))  # noqa: F821
codes = {}
if code.startswith(MAGIC_NUMBER):
    codes = marshal.loads(zlib.decompress(code[len(MAGIC_NUMBER) :]))  # noqa: S302 (our own)
shipped = Shipped(packed, codes)
sys.meta_path.insert(0, shipped)
# What the agent makes lasts about as long as it does; looking through that for garbage, and taking
# it all down at the end, would be a quarter of a short run's time.
gc.set_threshold(100000)
importlib.import_module("agent.main").main(stream, shipped.add)  # noqa: F821
sys.stderr.flush()
os._exit(0)
