"""Wheels made on the spot, so that what pip does can be shown without an index or a network."""

from __future__ import annotations

import base64
import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from law import Link


def wheel(
    name: str,
    version: str,
    requires: Sequence[str] = (),
    extras: Mapping[str, Sequence[str]] = {},
    code: str = "",
) -> bytes:
    """A wheel of one module named like the distribution."""
    module = name.replace("-", "_")
    info = f"{module}-{version}.dist-info"
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {text}" for text in requires]
    for extra, more in extras.items():
        lines.append(f"Provides-Extra: {extra}")
        lines += [f'Requires-Dist: {text}; extra == "{extra}"' for text in more]
    files = {
        f"{module}.py": code or f"version = {version!r}\n",
        f"{info}/METADATA": "\n".join(lines) + "\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: suture\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = ""
    for path, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
        record += f"{path},sha256={digest.decode()},{len(text.encode())}\n"
    files[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
    return packed.getvalue()


def file_name(name: str, version: str) -> str:
    return f"{name.replace('-', '_')}-{version}-py3-none-any.whl"


def wheelhouse(*made: tuple, at: str = "wheels") -> dict:
    """Files by relative path: each of (name, version, requires…) as a wheel for --find-links."""
    return {f"{at}/{file_name(one[0], one[1])}": wheel(*one) for one in made}


def installed(name: str, version: str, requires: Sequence[str] = (), at: str = "venv") -> dict:
    """A distribution as pip leaves it in that environment; entries by path."""
    held = zipfile.ZipFile(io.BytesIO(wheel(name, version, requires)))
    return {f"{site(at)}/{path}": held.read(path) for path in held.namelist()}


def site(at: str = "venv") -> str:
    """Where that environment keeps what is installed."""
    return f"{at}/lib/python{'.'.join(map(str, sys.version_info[:2]))}/site-packages"


def virtualenv(at: str = "venv") -> dict:
    """What makes a virtual environment of this Python, with pip in it; entries by path.

    It is laid by hand, with pip lent by the Python below, because ``python -m venv`` takes seconds.
    """
    base = Path(sys.executable).resolve()
    entries: dict = {
        f"{at}/pyvenv.cfg": f"home = {base.parent}\ninclude-system-site-packages = false\n",
        f"{at}/bin/python": Link(str(base)),
        f"{site(at)}/README": "",  # pip moves a directory that holds nothing else, links and all
    }
    lent = lent_pip()
    for path in lent:
        entries[f"{site(at)}/{path.name}"] = Link(str(path))
    if not lent:
        entries[f"{site(at)}/pip.pth"] = f"{bundled_pip()}\n"
    return entries


def lent_pip() -> list:
    """pip's package and metadata where this Python has it installed, if it is recent enough."""
    version = ".".join(map(str, sys.version_info[:2]))
    for below in (f"python{version}/site-packages", "python3/dist-packages"):
        for path in Path(sys.base_prefix, "lib", below).glob("pip-*.dist-info"):
            numbers = [int(number) for number in re.findall(r"\d+", path.name)[:2]]
            if numbers >= [22, 2]:
                return [path.with_name("pip"), path]
    return []


def bundled_pip() -> Path:
    """The wheel of pip that a new virtual environment gets."""
    import ensurepip

    for place in (Path(ensurepip.__file__).with_name("_bundled"), Path("/usr/share/python-wheels")):
        for path in sorted(place.glob("pip-*.whl"), reverse=True):
            return path
    raise AssertionError("this Python has no ensurepip")
