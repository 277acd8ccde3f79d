"""Template files: what they become, and where they are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suture.errors import TemplateError, UnknownValue
from suture.model import Mark, Role, Task
from suture.secrets import Secret
from suture.templating.rendering import template_text
from suture.templating.template_files import Syntax, headed, syntax_of
from suture.variables.scope import Precedence, Promise, Scope, task_scope


def filled(root: Path, text: str, args: dict[str, Any] | None = None, **values: Any) -> str:
    path = root / "templates" / "t.j2"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, newline="")
    task = Task("t", "template", {}, Mark("x", 1), origin=str(root / "site.yml"))
    scope = Scope().with_layer(Precedence.PLAY_VARS, values)
    scope = scope.with_layer(Precedence.MAGIC, {"playbook_dir": str(root)})
    return template_text(str(path), task_scope(scope, task), {"src": "t.j2", **(args or {})}, task)


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("one\n{{ nowhere }}\n", 2, "'nowhere' is undefined"),
        ("one\n{% for x in words %}\n{{ x }}\n{{ nowhere }}\n{% endfor %}\n", 4, "undefined"),
        ("one\n\n{% if nowhere %}{% endif %}\n", 3, "'nowhere' is undefined"),
        ("one\n{{ 1 / 0 }}\n", 2, "division by zero"),
        ("one\n{{ [1, nowhere] }}\n", 2, "'nowhere' is undefined"),
        ("one\n{% if %}\n", 2, "Expected an expression"),
        ("one\n{{ x | nope }}\n", 2, "No filter named 'nope'"),
        ("#jinja2: trim_blocks:True\none\n{{ nowhere }}\n", 3, "'nowhere' is undefined"),
        ("#jinja2: trim_blocks:True\none\n{% if %}\n", 3, "Expected an expression"),
        ("#jinja2: nope:True\n", 1, "the line '#jinja2: nope:True' says what is not known"),
        ("#jinja2: trim_blocks:maybe\n", 1, "the template cannot be read"),
        ("{% include 'nope.j2' %}", 1, "there is no template 'nope.j2'"),
        ("one\n{{ cfg.bad }}", 2, "'nowhere' is undefined (in the variable 'cfg.bad')"),
        ("{{ words | join(nowhere) }}", 1, "'nowhere' is undefined"),
    ],
)
def test_an_error_has_its_line(tmp_path: Path, text: str, line: int, sentence: str) -> None:
    with pytest.raises(TemplateError) as caught:
        filled(tmp_path, text, words=["a"], cfg={"bad": "{{ nowhere }}"})
    assert caught.value.mark == Mark(str(tmp_path / "templates/t.j2"), line)
    assert sentence in caught.value.bare


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.j2").write_bytes(b"\xff\xfe\x00")
    task = Task("t", "template", {}, Mark("x", 1))
    with pytest.raises(TemplateError, match="the template cannot be read"):
        template_text(str(tmp_path / "t.j2"), Scope(), {}, task)
    with pytest.raises(TemplateError, match="No such file"):
        template_text(str(tmp_path / "nope.j2"), Scope(), {}, task)


def test_what_cannot_be_known_is_told_as_such(tmp_path: Path) -> None:
    def value() -> Any:
        raise UnknownValue("r", "Install")

    with pytest.raises(UnknownValue):
        filled(tmp_path, "{{ r.x | default(1) }}", r=Promise(value))


def test_data_in_a_file_is_data(tmp_path: Path) -> None:
    scope_data = {"r": Promise(lambda: {"x": "{{ 1/0 }}"})}
    assert filled(tmp_path, "a {{ r.x }}\n", **scope_data) == "a {{ 1/0 }}\n"
    assert filled(tmp_path, "{{ v }}", v="{{ r.x }}", **scope_data) == "{{ 1/0 }}"


def test_a_secret_in_a_file_makes_it_secret(tmp_path: Path) -> None:
    assert isinstance(filled(tmp_path, "pw={{ p }}\n", p=Secret("x")), Secret)
    assert not isinstance(filled(tmp_path, "pw\n", p=Secret("x")), Secret)


def test_what_a_template_knows_about_itself(tmp_path: Path) -> None:
    text = (
        "{{ template_path }} {{ template_fullpath }} {{ template_destpath }} {{ ansible_managed }}"
        " {{ template_mtime.year > 2000 }} {{ template_run_date.year > 2000 }}"
        " {{ template_uid is string }} {{ template_host is string }}"
    )
    assert filled(tmp_path, text, {"dest": "/etc/t"}) == (
        f"t.j2 {tmp_path}/templates/t.j2 /etc/t Ansible managed True True True True"
    )
    assert filled(tmp_path, "{{ ansible_managed }}", ansible_managed="ours") == "ours"


def test_an_include_is_sought_in_the_role_first(tmp_path: Path) -> None:
    role = tmp_path / "roles/web"
    for place, text in (("templates/part.j2", "play"), ("roles/web/templates/part.j2", "role")):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    (role / "templates/t.j2").write_text("{% include 'part.j2' %}")
    task = Task("t", "template", {}, Mark("x", 1), role=Role("web", str(role)))
    scope = Scope().with_layer(Precedence.MAGIC, {"playbook_dir": str(tmp_path)})
    assert template_text(str(role / "templates/t.j2"), scope, {}, task) == "role"


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    assert filled(tmp_path, "one") == "one"
    assert filled(tmp_path, "two") == "two"


def test_syntax() -> None:
    assert syntax_of({"src": "x", "trim_blocks": "no", "newline_sequence": "\\r\\n"}) == Syntax(
        trim_blocks=False, newline_sequence="\r\n"
    )
    with pytest.raises(ValueError, match="newline_sequence"):
        syntax_of({"newline_sequence": "x"})
    text, syntax, skipped = headed("#jinja2: lstrip_blocks: True,trim_blocks:False\nx\n", Syntax())
    assert (text, skipped) == ("x\n", 1)
    assert syntax == Syntax(lstrip_blocks=True, trim_blocks=False)
