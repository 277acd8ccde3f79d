"""Which arguments and choices of ansible-core's our modules of the same name do not know.

The list can only shrink: what is known again has to leave it, and nothing may join it.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from suture.load import specs
from suture.load.hints import coerced_to

ansible = pytest.importorskip("ansible")
pytestmark = [pytest.mark.differential, pytest.mark.timeout(300)]

THEIRS = Path(ansible.__file__).with_name("modules")
NAMES = [name for name in specs.module_names() if (THEIRS / f"{name}.py").is_file()]
FREE = frozenset({"free_form", "free-form", "key_value"})
"""What their documentation calls the text behind a module's name."""

UNKNOWN = {
    "cron": {"backup"},
    "get_url": {"ciphers", "use_gssapi"},
    "git": {
        "archive",
        "archive_prefix",
        "gpg_allowlist",
        "separate_git_dir",
        "track_submodules",
        "verify_commit",
    },
    "import_role": {"rolespec_validate"},
    "include_role": {"rolespec_validate"},
    "uri": {"ciphers", "unix_socket", "use_gssapi"},
    "user": {"seuser"},
    "wait_for": {"active_connection_states", "exclude_hosts"},
}
NO_CHOICE = {"uri.body_format": {"form-multipart"}}


@functools.cache
def documented() -> dict[str, dict[str, Any]]:
    """The options of each module that both have, as ansible-doc tells them."""
    command = [sys.executable, "-m", "ansible.cli.doc", "-t", "module", "-j", *NAMES]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return {
        name: each["doc"].get("options") or {} for name, each in json.loads(done.stdout).items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_no_argument_is_unknown_but_those_listed(name: str) -> None:
    about, options = specs.spec(name), documented().get(name, {})
    unknown = {option for option in options if option not in about.names} - FREE
    assert unknown == UNKNOWN.get(name, set())
    aliases = {
        alias
        for option, told in options.items()
        for alias in told.get("aliases") or ()
        if option in about.names and about.names.get(alias) != about.names[option]
    }
    assert not aliases


@pytest.mark.parametrize("name", NAMES)
def test_no_choice_is_unknown_but_those_listed(name: str) -> None:
    about = specs.spec(name)
    for option, told in documented().get(name, {}).items():
        if option not in about.names:
            continue
        hint = about.parameters[about.names[option]].hint
        unknown = {choice for choice in told.get("choices") or () if not _fits(hint, choice)}
        assert unknown == NO_CHOICE.get(f"{name}.{option}", set()), option


def _fits(hint: Any, choice: Any) -> bool:
    try:
        coerced_to(hint, choice)
    except ValueError:
        return False
    return True


def test_what_is_listed_is_a_module_of_both() -> None:
    assert UNKNOWN.keys() <= set(NAMES)
