import atexit
import os
import shutil
import subprocess
import tempfile

from law import Case

HOME = tempfile.mkdtemp(prefix="suture-git-")
atexit.register(shutil.rmtree, HOME, ignore_errors=True)
REPO = f"{HOME}/repo"
SCRIPT = """
git init -q repo && cd repo && git symbolic-ref HEAD refs/heads/main
echo one > f; git add f; git commit -qm one; git tag v1
echo two > f; git add f; git commit -qm two; git tag -a v2 -m two
git checkout -qb dev; echo three > f; git commit -qam three; git checkout -q main
git rev-parse v1 main dev
"""


def commits():
    """The commits of a new repository: of v1, main and dev."""
    who = {"NAME": "ada", "EMAIL": "ada@example.org", "DATE": "2020-01-01T00:00:00Z"}
    env = {f"GIT_{role}_{key}": who[key] for role in ("AUTHOR", "COMMITTER") for key in who}
    env.update(PATH=os.environ["PATH"], HOME=HOME, GIT_CONFIG_NOSYSTEM="1")
    done = subprocess.run(
        ["/bin/sh", "-ec", SCRIPT], cwd=HOME, env=env, stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode().split()


ONE, TWO, THREE = commits() if shutil.which("git") else ["", "", ""]
OPEN = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}


def case(args, **more):
    given = {"repo": REPO, "dest": "{root}/app", **args}
    return Case("git", given, needs="git", loose=True, environment=OPEN, **more)


def earlier(**args):
    return [("git", {"repo": REPO, "dest": "{root}/app", **args})]


CASES = [
    case({}, after={"app/f": "two\n"}, data={"before": None, "after": TWO}),
    case({"dest": "{root}/a/b", "version": "v1"}, after={"a/b/f": "one\n"}, data={"after": ONE}),
    case({"version": "dev"}, after={"app/f": "three\n"}, data={"after": THREE}),
    case({"version": ONE}, after={"app/f": "one\n"}, data={"after": ONE}),
    case({"version": "v2", "repo": "file://" + REPO, "depth": 1}, data={"after": TWO}),
    case({"bare": True, "dest": "{root}/app.git"}, data={"after": TWO}),
    case(
        {},
        earlier=earlier(version="v1"),
        after={"app/f": "two\n"},
        data={"before": ONE, "after": TWO},
        again=True,
        name="updated",
    ),
    case(
        {"update": False},
        earlier=earlier(version=ONE),
        after={"app/f": "one\n"},
        data={"before": ONE, "after": ONE},
        name="not updated",
    ),
    case({"clone": False}, changed=False, data={"after": None}),
    case({"version": "none"}, failure="has neither a branch nor a tag nor a commit none"),
    case({"repo": "{root}/none"}, failure="there is no repository {root}/none"),
    case({}, before={"app/other": "x"}, failure="is there, but is no git repository"),
    Case("git", {"repo": "-x", "dest": "/y"}, refused="may start with a dash"),
    Case("git", {"repo": "x", "dest": "/y", "depth": 0}, refused="1 or more"),
]
