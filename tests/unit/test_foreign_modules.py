"""Modules written for Ansible are found where Ansible would find them."""

from __future__ import annotations

import inspect
import json
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from suture.commands.project import project_of
from suture.foreign.modules import Context, MissingModule, found
from suture.foreign.packs import packed
from suture.foreign.places import Installed, Said, installed, look_where
from suture.model import ForeignModule

RUNTIME = """
requires_ansible: ">=2.99"
plugin_routing:
  modules:
    old: {redirect: ada.tools.new}
    gone: {tombstone: {removal_version: 3.0.0, warning_text: Use new instead.}}
    tired: {deprecation: {removal_version: 9.0.0, warning_text: Use new instead.}}
"""
BUILTIN = """
plugin_routing:
  modules:
    moved: {redirect: ada.tools.new}
    elsewhere: {redirect: not.there.thing}
"""


@pytest.fixture
def there(tmp_path: Path) -> Installed:
    """An ansible-core, and a collection."""
    files = {
        "core/ansible/release.py": "__version__ = '2.19.0'\n",
        "core/ansible/module_utils/basic.py": "",
        "core/ansible/modules/stat.py": "",
        "core/ansible/modules/reboot.py": "",
        "core/ansible/plugins/action/reboot.py": "",
        "core/ansible/config/ansible_builtin_runtime.yml": BUILTIN,
        "a/ansible_collections/ada/tools/plugins/modules/new.py": "",
        "a/ansible_collections/ada/tools/plugins/modules/tired.py": "",
        "a/ansible_collections/ada/tools/plugins/modules/web/site.py": "",
        "a/ansible_collections/ada/tools/plugins/modules/acting.py": "",
        "a/ansible_collections/ada/tools/plugins/action/acting.py": "",
        "a/ansible_collections/ada/tools/meta/runtime.yml": RUNTIME,
        "a/ansible_collections/ada/tools/MANIFEST.json": '{"collection_info": {"version": "1.2"}}',
        "b/ansible_collections/ada/tools/plugins/modules/new.py": "",
        "play/library/mine.py": "",
        "play/library/both.py": "",
        "role/library/both.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Installed(tmp_path / "core", "2.19.0", (tmp_path / "a", tmp_path / "b"))


def sought(name: str, there: Installed, *collections: str) -> ForeignModule | MissingModule:
    assert there.core is not None
    home = there.core.parent
    return found(name, Context(str(home / "play"), (str(home / "role"),), collections), there)


@pytest.mark.parametrize(
    ("name", "full", "file"),
    [
        ("ansible.builtin.stat", "ansible.builtin.stat", "core/ansible/modules/stat.py"),
        ("stat", "ansible.builtin.stat", "core/ansible/modules/stat.py"),
        ("moved", "ada.tools.new", "a/ansible_collections/ada/tools/plugins/modules/new.py"),
        (
            "ada.tools.old",
            "ada.tools.new",
            "a/ansible_collections/ada/tools/plugins/modules/new.py",
        ),
        ("mine", "mine", "play/library/mine.py"),
        ("both", "both", "role/library/both.py"),
        (
            "ada.tools.web.site",
            "ada.tools.web.site",
            "a/ansible_collections/ada/tools/plugins/modules/web/site.py",
        ),
    ],
)
def test_a_module_is_where_ansible_finds_it(
    name: str, full: str, file: str, there: Installed
) -> None:
    module = sought(name, there)
    assert isinstance(module, ForeignModule), module
    assert module.name == full
    assert module.path.endswith(f"/{file}")


def test_short_names_are_sought_in_the_collections_that_the_play_names(there: Installed) -> None:
    module = sought("new", there, "ada.tools")
    assert isinstance(module, ForeignModule)
    assert module.name == "ada.tools.new"
    assert isinstance(sought("new", there), MissingModule)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("elsewhere", "the collection not.there is not installed (sought in "),
        ("not.there.thing", ": ansible-galaxy collection install not.there"),
        ("ada.tools.news", ", has no module 'news'; did you mean 'new'?"),
        ("ada.tools.gone", "ada.tools.gone was removed in 3.0.0: Use new instead."),
        ("ada.tools.acting", "does its work through an action plugin"),
        ("ansible.builtin.reboot", "does its work through an action plugin"),
        ("nobody", ""),
        ("two.parts", "'two.parts' is no full name of a module: namespace.collection.module"),
    ],
)
def test_what_is_not_there_is_told_with_what_to_do(
    name: str, reason: str, there: Installed
) -> None:
    missing = sought(name, there)
    assert isinstance(missing, MissingModule), missing
    assert reason in missing.reason


def test_without_ansible_core_the_operator_is_told_how_to_get_it() -> None:
    nothing = Installed(None, "", ())
    missing = found("package_facts", Context("/"), nothing)
    assert isinstance(missing, MissingModule)
    assert missing.reason.endswith("is not installed here: pip install 'suture[ansible]'")


def test_what_is_odd_is_noted(there: Installed) -> None:
    module = sought("ada.tools.tired", there)
    assert isinstance(module, ForeignModule)
    deprecated, two, core = module.notes
    assert deprecated == "ada.tools.tired is deprecated and goes with 9.0.0: Use new instead."
    assert two.startswith("ada.tools is 1.2 in ")
    assert "which comes before" in two
    assert core == (
        "ada.tools 1.2 wants ansible-core >=2.99, and 2.19.0 is what is here: it may not work"
    )
    both = sought("both", there)
    assert isinstance(both, ForeignModule)
    (which,) = both.notes
    assert which.startswith("both is ")
    assert "role/library/both.py, which comes before" in which


def test_the_operators_settings_say_where_things_are(
    there: Installed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = tmp_path / "ansible.cfg"
    settings.write_text("[defaults]\ncollections_path = a:/somewhere\nlibrary = lib\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUTURE_ANSIBLE", str(there.core))
    monkeypatch.setenv("ANSIBLE_CONFIG", str(settings))
    monkeypatch.setattr("sys.path", [each for each in sys.path if "-packages" not in each])
    project_of()
    found = installed()
    assert found.core == there.core
    assert found.version == "2.19.0"
    assert found.roots == (tmp_path / "a", Path("/somewhere"), tmp_path / "core")
    assert found.libraries == (tmp_path / "lib",)
    monkeypatch.setenv("ANSIBLE_COLLECTIONS_PATH", "/x/ansible_collections:/y")
    project_of()
    assert installed().roots[:2] == (Path("/x"), Path("/y"))


@pytest.fixture(autouse=True)
def usual_places() -> Iterator[None]:
    """What one test's settings say does not hold for the next one."""
    yield
    look_where(Said())
    installed.cache_clear()


def test_what_was_packed_is_kept_until_a_file_of_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "module_utils").mkdir()
    used = tmp_path / "module_utils" / "used.py"
    used.write_text("WORD = 'one'\n")
    path = tmp_path / "mine.py"
    path.write_text("from ansible.module_utils.used import WORD\n")
    utils = (str(tmp_path / "module_utils"),)
    module = ForeignModule("mine", str(path), "ansible.modules.mine", utils)

    def text() -> str:
        last = inspect.unwrap(packed)(module, str(tmp_path)).packs[-1]  # as another run does
        texts = json.loads(zlib.decompress(last.bytes()))["texts"].values()
        return next(each for each in texts if "WORD = " in each)

    assert text() == "WORD = 'one'\n"
    with monkeypatch.context() as patch:
        patch.setattr("suture.foreign.packs._made", None)  # nothing is read again
        assert text() == "WORD = 'one'\n"
    used.write_text("WORD = 'another'\n")
    assert text() == "WORD = 'another'\n"
    for blob in (tmp_path / "cache" / "suture" / "foreign" / "packs").iterdir():
        blob.write_bytes(b"damaged")
    assert text() == "WORD = 'another'\n"
