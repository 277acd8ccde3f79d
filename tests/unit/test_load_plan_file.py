"""The plan of phases, and variables from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suture.errors import Invalid, SutureError
from suture.load.extra_vars import extra_vars
from suture.load.phase_plan import OF_PHASE, plan_of, read
from suture.load.reading import Reading, in_order
from suture.load.vault import Password, Vault, sealed
from suture.model import Mark, Verification

PLAN = """\
title: All of it
hosts: droplet
phases:
  - number: 1
    title: One
    cause: because
    priority: high
    iterations: 1-2
    must_fix: 41
    playbook: one.yml
    steps: [look, mend]
    verify:
      paths: [tests/a]
      n: 2
      timeout: 60
  - number: 2
    title: Two
    cause: "it is: so"
    playbook: two.yml
    verify:
      - {paths: [tests/b], k: auth or 401}
      - {paths: [tests/c]}
final:
  n: 4
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("playbooks").mkdir()
    for name in ("one", "two"):
        Path(f"playbooks/{name}.yml").write_text("- hosts: all\n")


def said(text: str) -> list[str]:
    Path("playbooks/plan.yml").write_text(text)
    reading = Reading()
    read(reading, "playbooks/plan.yml")
    return [str(p).removeprefix("playbooks/plan.yml:") for p in in_order(reading.problems)]


def test_a_plan_in_full() -> None:
    Path("playbooks/plan.yml").write_text(PLAN)
    plan = plan_of("playbooks/plan.yml")
    assert (plan.file, plan.title, plan.hosts) == ("playbooks/plan.yml", "All of it", "droplet")
    one, two = plan.phases
    assert (one.number, one.title, one.cause, one.priority) == (1, "One", "because", "high")
    assert (one.must_fix, one.iterations, one.steps) == (41, "1-2", ("look", "mend"))
    assert one.playbook == str(Path("playbooks/one.yml").absolute())
    assert one.verifications == (
        Verification(
            {"paths": ["tests/a"], "n": 2, "timeout": 60}, Mark("playbooks/plan.yml", 12, 5)
        ),
    )
    assert [v.args["paths"] for v in two.verifications] == [["tests/b"], ["tests/c"]]
    assert (two.priority, two.must_fix, two.steps, str(two.mark)) == (
        "medium",
        0,
        (),
        "playbooks/plan.yml:16:5",
    )
    assert plan.final is not None and plan.final.args == {"n": 4}


BAD = {
    "": ["1:1: this plan is empty: it needs 'title' and 'phases'"],
    "- a\n": ["1:1: a plan is a mapping with 'title' and 'phases'"],
    "title: x\nphase: []\n": [
        "1:1: the plan lacks 'phases': The phases, in order.",
        "2:1: the plan has no 'phase'; did you mean 'phases'?",
    ],
    "title: x\nphases: {a: 1}\n": [
        "2:9: 'phases' has to be a list, not a mapping: begin each item with '- '"
    ],
    "title: x\nphases: [text]\n": [
        "2:10: a phase is a mapping with 'number', 'title', 'cause' and so on"
    ],
    PLAN.replace("number: 2", "number: 1"): [
        "16:5: phase 1 is there already, in line 4: number it anew"
    ],
    PLAN.replace("number: 1", "number: 3"): [
        "16:5: warning: phase 2 stands after phase 3: put them in order"
    ],
    PLAN.replace("priority: high", "priority: hihg"): [
        "7:5: 'priority' is one of high, medium, low, not 'hihg'; did you mean 'high'?"
    ],
    PLAN.replace("must_fix: 41", "must_fix: many"): [
        "9:5: 'must_fix' must be a whole number, not 'many'"
    ],
    PLAN.replace("must_fix: 41", "must_fix: -1"): ["9:5: 'must_fix' cannot be less than 0"],
    PLAN.replace("playbook: one.yml", "playbook: on.yml"): [
        "10:5: there is no playbook 'on.yml'; sought: playbooks/on.yml; did you mean 'one.yml'?"
    ],
    PLAN.replace("title: One", "title: '{{ x }}'"): [
        "5:5: 'title' cannot be a template: the plan is read first"
    ],
    PLAN.replace("      n: 2", "      pahts: 2"): [
        "14:7: pytest has no argument 'pahts'; did you mean 'paths'?"
    ],
    PLAN.replace("    cause: because\n", ""): [
        "4:5: this phase lacks 'cause': Why the tests fail."
    ],
    PLAN.replace("timeout: 60", "timeout: soon"): [
        "15:7: pytest.timeout must be a number, not 'soon'"
    ],
    PLAN + "verify: x\n": [
        "25:1: the plan has no 'verify'; it has title, hosts, phases, outside, final"
    ],
    "title: x\nphases: [{number: 1, title: t, cause: c, playbook: one.yml, verify: []}]\n": [
        "2:61: 'verify' is empty: say which tests show that the phase is done"
    ],
    "title: x\nphases: [{number: 1, title: t, cause: c, playbook: one.yml, verify: [a]}]\n": [
        "2:70: a verification is a mapping: 'paths: […]' and so on"
    ],
}


CLAIMING = (
    PLAN.replace(
        "    must_fix: 41\n",
        "    claims: {paths: tests/a, k: auth or 401, exception: PermissionError, message: '/mlflow'}\n"
        "    must_fix: 41\n",
    ).replace(
        "    playbook: two.yml\n    verify:\n      - {paths: [tests/b], k: auth or 401}\n",
        "    playbook: two.yml\n    needs: [1]\n    verify:\n"
        "      - {paths: [tests/b], k: auth or 401, optional: [tests/b], remaining: true}\n",
    )
    + "outside: [{exception: [ConnectionRefusedError, OSError], why: no database here}]\n"
)

BAD |= {
    CLAIMING.replace("'/mlflow'", "'(mlflow'"): [
        "9:74: 'message' is no regular expression: missing ), unterminated subpattern at position 0"
    ],
    CLAIMING.replace("auth or 401, ex", "auth or, ex"): [
        "9:30: 'k' is no expression such as 'auth or 401': it ends too early"
    ],
    CLAIMING.replace("exception: Perm", "exeption: Perm"): [
        "9:46: 'claims' has no 'exeption'; did you mean 'exception'?"
    ],
    CLAIMING.replace(", why: no database here", ""): [
        "27:11: 'outside' lacks 'why': what these failures come from, for people"
    ],
    CLAIMING.replace("{exception: [ConnectionRefusedError, OSError], ", "{"): [
        "27:11: 'outside' says of no failure that it is meant: give paths, k, exception, message"
    ],
    CLAIMING.replace("needs: [1]", "needs: [2]"): [
        "17:5: phase 2 needs phase 2, which does not come before it"
    ],
    CLAIMING.replace("needs: [1]", "needs: [7]"): ["17:5: phase 2 needs phase 7: there is none"],
    CLAIMING.replace("remaining: true", "remaining: some"): [
        "23:65: 'remaining' must be true or false, not 'some'"
    ],
    CLAIMING.replace("      n: 2\n", "      n: 2\n      remaining: true\n"): [
        "18:5: phase 1 takes what remains already: only one phase can"
    ],
}


def test_what_a_plan_claims() -> None:
    Path("playbooks/plan.yml").write_text(CLAIMING)
    plan = plan_of("playbooks/plan.yml")
    one, two = plan.phases
    (claim,) = one.claims
    assert (claim.paths, claim.k) == (("tests/a",), "auth or 401")
    assert (claim.exceptions, claim.message) == (("PermissionError",), "/mlflow")
    assert (two.claims, two.needs, two.remaining, one.remaining) == ((), (1,), True, False)
    assert two.verifications[0].optional == ("tests/b",)
    assert two.verifications[0].args == {"paths": ["tests/b"], "k": "auth or 401"}
    (outside,) = plan.outside
    assert (outside.exceptions, outside.why) == (
        ("ConnectionRefusedError", "OSError"),
        "no database here",
    )


@pytest.mark.parametrize("text", BAD)
def test_what_is_wrong_with_a_plan(text: str) -> None:
    assert said(text) == BAD[text]


def test_all_of_it_at_once() -> None:
    Path("playbooks/plan.yml").write_text(
        PLAN.replace("title", "tilte").replace("two.yml", "no.yml")
    )
    with pytest.raises(Invalid) as caught:
        plan_of("playbooks/plan.yml")
    assert len(caught.value.problems) == 7


KEYS = st.sampled_from(
    ["title", "hosts", "phases", "final", *(field.name for field in OF_PHASE), "x"]
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.dictionaries(KEYS, inner, max_size=6) | st.lists(inner, max_size=3),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(TREES)
def test_no_tree_ends_in_anything_but_a_plan_or_problems(tree: object) -> None:
    import yaml

    text = yaml.safe_dump(tree)
    if not said(text):
        plan_of("playbooks/plan.yml")


# -- -e --------------------------------------------------------------------------------------------


def test_extra_variables_in_every_form() -> None:
    Path("more.yml").write_text("c: [1, 2]\na: file\n")
    given = ["a=1 b='two words'", '{"d": {"e": null}, "n": 5}', "@more.yml", "z={{ b }}"]
    assert extra_vars(given) == {
        "a": "file",
        "b": "two words",
        "d": {"e": None},
        "n": 5,
        "c": [1, 2],
        "z": "{{ b }}",
    }


def test_extra_variables_from_a_vault() -> None:
    password = Password(b"pw")
    Path("s.yml").write_text(sealed("token: abc\n", password))
    assert extra_vars(["@s.yml"], vault=Vault([password])) == {"token": "abc"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("novalue", "--extra-vars novalue: give KEY=VALUE, a JSON mapping, or @FILE"),
        ("a='b", "never closed"),
        ("a-b=1", "'a-b' cannot name a variable"),
        ("{a: ", "above is never closed"),
        ("[1]", "--extra-vars [1]: give KEY=VALUE"),
        ("@no.yml", "no.yml:1:1: cannot be read"),
    ],
)
def test_extra_variables_that_are_none(text: str, said: str) -> None:
    with pytest.raises(SutureError) as caught:
        extra_vars([text])
    assert said in str(caught.value)
