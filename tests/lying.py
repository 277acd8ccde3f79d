"""A host that is not what it seems: in place of its Python stands a program that lies.

The program is the ``ansible_python_interpreter`` of a local connection, so the real command line
meets it as it would meet an agent.  It answers each step with the frames that it was given, "$id"
standing for the step's number; a frame given as text is written as it is, byte by byte.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from suture.agent.protocol import wire

PROGRAM = """#!{python}
import json, os, struct, sys, time
sys.path.insert(0, {checkout!r})
from suture.agent.protocol import wire
script = json.loads(open({script!r}).read())
stream, out = os.fdopen(0, "rb"), os.fdopen(1, "wb")
for line in iter(stream.readline, b"SUTURE\\n"):
    if not line:
        os._exit(1)
for _ in range(3):
    stream.read(int(stream.readline()))
wire.read_frame(stream)


def say(frames, number=0):
    for frame in frames:
        if "sleep" in frame:
            out.flush()
            time.sleep(frame["sleep"])
        elif "stderr" in frame:
            os.write(2, b"x" * frame["stderr"])
        elif "end" in frame:
            out.flush()
            os._exit(frame["end"])
        elif "raw" in frame:
            out.write(frame["raw"].encode("latin-1"))
        else:
            text = json.dumps(frame).replace('"$id"', str(number))
            body = text.encode()
            out.write(struct.pack(">I", len(body)) + body)
    out.flush()


say([{{"raw": wire.MARK.decode("latin-1")}}, *script["first"]])
while True:
    frame = wire.read_frame(stream)
    if frame is None:
        os._exit(0)
    if isinstance(frame, wire.Blob):
        continue
    if frame["op"] == "bye":
        out.flush()
        os._exit(0)
    if frame["op"] in script:
        say(script[frame["op"]], frame.get("id", 0))
"""

READY = {"event": "ready", "python": "3.11.0", "executable": "/x", "pid": 1, "uid": 0, "notes": []}
FINE = {"event": "result", "id": "$id", "status": "ok"}


def liar(folder: Path, *step: Any, name: str = "liar", first: Any = (READY,), **others: Any) -> str:
    """The path of such a program: it says ``first``, and to each step the frames of ``step``."""
    script = folder / f"{name}.json"
    script.write_text(json.dumps({"first": list(first), "step": list(step), **others}))
    program = folder / name
    checkout = str(Path(wire.__file__).resolve().parents[3])
    program.write_text(PROGRAM.format(python=sys.executable, checkout=checkout, script=str(script)))
    program.chmod(0o755)
    return str(program)
