"""Whether a module concerns files alone: read from its source, never by running it.

Such a module can be run in a copy of the host's files, where nothing else is to be reached, and what
it wrote there be put on the real disk.  A source is trusted to be one only if all that it imports is
known to reach for nothing else, and it names nothing that does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

from suture.foreign.cache import cache

CORE = "ansible.module_utils."
HARMLESS = frozenset({
    "__future__", "abc", "argparse", "array", "ast", "base64", "binascii", "bisect", "calendar",
    "codecs", "collections", "configparser", "contextlib", "copy", "csv", "datetime", "decimal",
    "difflib", "enum", "errno", "filecmp", "fnmatch", "fractions", "functools", "glob", "grp",
    "gzip", "hashlib", "hmac", "html", "io", "itertools", "json", "keyword", "locale", "logging",
    "math", "numbers", "operator", "os", "pathlib", "pprint", "pwd", "random", "re", "secrets",
    "shlex", "shutil", "stat", "string", "struct", "sys", "tempfile", "textwrap", "time", "token",
    "tokenize", "traceback", "types", "typing", "unicodedata", "uuid", "warnings", "weakref",
    "xml", "zlib",
    "ansible", "bcrypt", "crypt", "cryptography", "deepdiff", "defusedxml", "hjson", "jinja2",
    "jmespath", "jsonpatch", "lxml", "nacl", "packaging", "passlib", "ruamel",
    "semantic_version", "six", "toml", "tomli", "tomli_w", "tomlkit", "xmltodict", "yaml",
})  # fmt: skip
HARMLESS_CORE = (
    "_text", "basic", "common.", "compat.", "errors", "parsing.", "six", "_internal.",
)  # fmt: skip
REACHING_CORE = ("common.respawn", "common.network", "common.sys_info", "compat.selinux")

REACHING = frozenset({
    "Popen", "__import__", "chroot", "connect", "eval", "exec", "execl", "execle", "execlp",
    "execv", "execve", "execvp", "execvpe", "fetch_file", "fetch_url", "fork", "forkpty",
    "get_bin_path", "import_module", "kill", "killpg", "mkfifo", "mknod", "mount", "open_url",
    "popen", "posix_spawn", "posix_spawnp", "run_command", "setns", "sethostname", "setxattr",
    "spawnl", "spawnv", "spawnve", "spawnvp", "system", "umount", "unshare",
})  # fmt: skip
"""Names of what reaches for programs, processes, the kernel, or code that nobody has read."""

SPECIAL = ("/dev/", "/proc", "/run", "/sys/", "/var/run")
"""Where paths lead to more than files."""


def concerns_files_alone(texts: Iterable[str], files: Mapping[str, str]) -> bool:
    """Whether a module does, of which these are the sources by dotted name that are not
    ansible-core's own, each with its file, and the dotted names of all that is."""
    core = (name for name in texts if name.startswith(CORE) and name not in files)
    return all(map(_is_harmless_core, core)) and not any(
        cache("reach").of(path, _reaches) for path in files.values()
    )


def _is_harmless_core(name: str) -> bool:
    short = name.removeprefix(CORE)
    return short.startswith(HARMLESS_CORE) and not short.startswith(REACHING_CORE)


def _reaches(path: str) -> bool:
    """Whether a source may reach for more than files."""
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (SyntaxError, ValueError):
        return True
    return any(map(_names_more, ast.walk(tree)))


def _names_more(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(_is_foreign(alias.name) for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        names = any(alias.name in REACHING for alias in node.names)
        return names or (node.level == 0 and _is_foreign(node.module or ""))
    if isinstance(node, ast.Attribute):
        return node.attr in REACHING
    if isinstance(node, ast.Name):
        return node.id in REACHING
    return (
        isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith(SPECIAL)
    )


def _is_foreign(module: str) -> bool:
    root = module.partition(".")[0]
    return root not in HARMLESS and root != "ansible_collections"
