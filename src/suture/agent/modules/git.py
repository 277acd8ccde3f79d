"""A checkout of a git repository stands at ``dest``, at the wanted version."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass
from typing import Any, Dict, List, Optional

from ..protocol.spec import Failure, Unpredictable, arg
from ..shared.paths import expanded
from ..world.done import Done
from ..world.world import World

EXAMPLES = """
- name: the application's source, at a release
  git:
    repo: https://git.example.org/app.git
    dest: /srv/app
    version: v1.4.2

- name: the newest commit of a branch, and nothing of its history
  git:
    repo: git@git.example.org:app.git
    dest: /srv/app
    version: main
    depth: 1
    accept_newhostkey: true
"""


@dataclass(frozen=True)
class Args:
    repo: str = arg("The repository's address, or its path on the host.", aliases=("name",))
    dest: str = arg("Where the checkout is to stand.")
    version: str = arg("A branch, a tag or a commit; HEAD is the remote's default branch.", "HEAD")
    remote: str = arg("Name of the remote in the checkout.", "origin")
    refspec: str | None = arg("What to fetch besides, such as '+refs/pull/*:refs/pull/*'.", None)
    force: bool = arg("Throw away changes that were made in the checkout.", False)
    depth: int | None = arg("Commits of history to fetch; unsaid, all.", None)
    clone: bool = arg("Clone the repository where there is no checkout yet.", True)
    update: bool = arg("Bring a checkout that is there to the version.", True)
    bare: bool = arg("A repository without a checkout.", False)
    recursive: bool = arg("Submodules too.", True)
    single_branch: bool = arg("Fetch the history of this one branch only.", False)
    reference: str | None = arg("A repository on the host to borrow objects from.", None)
    accept_hostkey: bool = arg("Accept any key of the SSH server.", False)
    accept_newhostkey: bool = arg("Accept the key of an SSH server not met before.", False)
    key_file: str | None = arg("The private SSH key to use, a file on the host.", None)
    ssh_opts: str | None = arg("Further options for ssh.", None)
    executable: str | None = arg("The git program.", None)
    umask: str | int | None = arg("The umask for what is checked out, such as '0022'.", None)

    def __post_init__(self) -> None:
        if self.depth is not None and self.depth < 1:
            raise ValueError("'depth' must be 1 or more")
        if self.accept_hostkey and self.accept_newhostkey:
            raise ValueError("give either 'accept_hostkey' or 'accept_newhostkey', not both")
        if self.version.startswith("-") or self.repo.startswith("-"):
            raise ValueError("neither 'version' nor 'repo' may start with a dash")


@dataclass(frozen=True)
class Version:
    """What the remote has under a version's name.  ``kind`` is head, branch, tag, ref or commit."""

    kind: str
    name: str
    commit: str


def apply(args: Args, world: World) -> Dict[str, Any]:
    return Checkout(args, expanded(args.dest, world), world).brought()


@dataclass(frozen=True)
class Checkout:
    """The repository at a path, as far as one task is concerned with it."""

    args: Args
    dest: str
    world: World

    def brought(self) -> Dict[str, Any]:
        """The checkout is there at its version; before and after are commits."""
        args = self.args
        here = self._here()
        data: Dict[str, Any] = {"before": here["commit"] if here else None}
        if here is None:
            if not args.clone:
                return {**data, "after": None}
            return {**data, "after": self._cloned(self._wanted())}
        data["after"] = here["commit"]
        if not args.update:
            return data
        if here["modified"] and not args.force:
            raise Failure(
                f"{self.dest} has changes of its own ({here['modified'][0]}); commit or drop them,"
                " or set force: true to throw them away",
                **data,
            )
        moved = here["url"] != args.repo
        if moved:
            back = [
                [*self._program(), "-C", self.dest, "remote", "set-url", args.remote, here["url"]]
            ]
            undo = back if here["url"] else None
            command = self._git("remote", "set-url", args.remote, args.repo)
            self._run([command], "remote", here, undo=undo)
            data["remote_url_changed"] = True
        exact = len(args.version) == 40 and here["commit"] == args.version.lower()
        wanted = Version("commit", args.version, here["commit"]) if exact else self._wanted()
        same = bool(here["commit"]) and here["commit"].startswith(wanted.commit)
        if same and not here["modified"] and not here["stale"]:
            return data
        data["after"] = self._updated(wanted, here["commit"], bool(here["modified"]))
        return data

    # -- looking ---------------------------------------------------------------------------------

    def _here(self) -> Optional[Dict[str, Any]]:
        """What stands at dest: commit, url, modified and stale; None: no repository."""

        def look() -> Optional[Dict[str, Any]]:
            if (
                self.world.stat(os.path.join(self.dest, "HEAD" if self.args.bare else ".git"))
                is None
            ):
                return None
            bare = self.args.bare
            point = self.args.version if bare else "HEAD"
            status = [] if bare else self._said("status", "--porcelain").splitlines()
            modules = "" if bare or not self.args.recursive else self._said("submodule", "status")
            return {
                "commit": self._said(
                    "rev-parse", "--verify", "--quiet", point + "^{commit}", may_fail=True
                ),
                "url": self._said("remote", "get-url", self.args.remote, may_fail=True),
                "modified": [line[3:] for line in status if not line.startswith("??")],
                "stale": [line for line in modules.splitlines() if line[:1] in "-+U"],
            }

        if not self._stands():
            return None
        found: Optional[Dict[str, Any]] = self.world.state(f"git:{self.dest}", look)
        if found is None and self.world.names(self.dest):
            raise Failure(f"{self.dest} is there, but is no git repository")
        return found

    def _stands(self) -> bool:
        """Whether there is a directory; one that an earlier step of a dry run updates is there."""
        try:
            node = self.world.stat(self.dest)
        except Unpredictable:
            return True
        if node is not None and node.kind != "directory":
            raise Failure(f"{self.dest} is a {node.kind}, not a directory")
        return node is not None

    def _said(self, *arguments: str, may_fail: bool = False) -> str:
        done = self.world.query(*self._program(), *arguments, cwd=self.dest, env=self._environ())
        if done.rc and not may_fail:
            raise _failure(done, self.args)
        return done.out.rstrip("\n") if not done.rc else ""

    def _wanted(self) -> Version:
        """The version as the remote has it now; a commit is taken at its word."""
        args = self.args
        if os.path.isabs(args.repo) and self.world.stat(args.repo) is None:
            raise Failure(f"there is no repository {args.repo} on this host")
        patterns = ["HEAD", args.version, args.version + "^{}"]
        command = [*self._program(), "ls-remote", "--symref", args.repo, *patterns]
        done = self.world.query(*command, env=self._environ(), cwd="/")
        if done.rc:
            raise _failure(done, args)
        found = version_in(done.out, args.version)
        if found is None:
            raise Failure(f"{args.repo} has neither a branch nor a tag nor a commit {args.version}")
        return found

    # -- touching --------------------------------------------------------------------------------

    def _cloned(self, wanted: Version) -> str:
        args = self.args
        fresh = self.world.stat(self.dest) is None
        self.world.mkdir(self.dest, parents=True)
        options = ["--origin", args.remote] if not args.bare else ["--bare"]
        if args.depth:
            options += ["--depth", str(args.depth)]
        if args.single_branch:
            options += ["--single-branch"]
        if args.reference:
            options += ["--reference", args.reference]
        if wanted.kind in ("branch", "tag"):
            options += ["--branch", wanted.name]
        lines = [_shell([*self._program(), "clone", *options, args.repo, self.dest])]
        if wanted.kind in ("commit", "ref"):
            lines += self._fetching(wanted)
            lines += [] if args.bare else [self._git("checkout", "--force", wanted.commit)]
        elif args.refspec:
            lines.append(self._git("fetch", args.remote, args.refspec))
        lines += self._modules()
        # What was cloned goes with the directory, if that was made for it.
        undo: Optional[List[List[str]]] = [] if fresh else None
        return self._run(lines, "clone", {"commit": wanted.commit}, before="", undo=undo)

    def _updated(self, wanted: Version, before: str, modified: bool) -> str:
        """``modified``: changes of the checkout's own are thrown away."""
        args = self.args
        lines = self._fetching(wanted)
        if not args.bare and wanted.kind in ("branch", "head") and wanted.name:
            lines.append(self._git("checkout", "--force", "-B", wanted.name, wanted.commit))
            upstream = f"--set-upstream-to={args.remote}/{wanted.name}"
            lines.append(self._git("branch", upstream) + " || :")
        elif not args.bare:
            lines.append(self._git("checkout", "--force", wanted.commit))
        lines += self._modules()
        undo = None if modified else self._reversal(wanted, before)
        return self._run(lines, "update", {"commit": wanted.commit}, before, undo)

    def _reversal(self, wanted: Version, before: str) -> Optional[List[List[str]]]:
        """The commands that bring the checkout back to the branch and commit that it was at; they
        fail rather than overwrite what somebody has changed in it since."""
        if self.args.bare or not before:
            return None
        try:
            branch = self._said("symbolic-ref", "--quiet", "--short", "HEAD", may_fail=True)
            moved = self._said("rev-parse", "--verify", "--quiet", wanted.name, may_fail=True)
        except Unpredictable:
            return None
        git = [*self._program(), "-C", self.dest]
        back = ["-B", branch, before] if branch else ["--detach", before]
        commands = [[*git, "checkout", *back]]
        switched = wanted.kind in ("branch", "head") and wanted.name not in ("", branch)
        if switched and moved:
            commands.append([*git, "branch", "--force", wanted.name, moved])
        elif switched:
            commands.append([*git, "branch", "-D", wanted.name])
        if self.args.recursive:
            update = _shell([*git, "submodule", "update", "--init", "--recursive"])
            listed = shlex.quote(os.path.join(self.dest, ".gitmodules"))
            commands.append(["/bin/sh", "-c", f"test ! -f {listed} || {update}"])
        return commands

    def _fetching(self, wanted: Version) -> List[str]:
        args = self.args
        depth = ["--depth", str(args.depth)] if args.depth else []
        fetch = [*depth, "--force", args.remote]
        if args.bare:
            return [
                self._git("fetch", *fetch, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
            ]
        lines = [self._git("fetch", "--tags", *fetch)]
        known = _shell([*self._program(), "-C", self.dest, "cat-file", "-e", wanted.commit])
        if args.refspec:
            lines.append(self._git("fetch", *fetch, args.refspec))
        lines.append(f"{known} 2>/dev/null || {self._git('fetch', *fetch, self._asked(wanted))}")
        return lines

    def _asked(self, wanted: Version) -> str:
        kinds = {"branch": "refs/heads/", "head": "refs/heads/", "tag": "refs/tags/"}
        return kinds.get(wanted.kind, "") + wanted.name if wanted.name else "HEAD"

    def _modules(self) -> List[str]:
        if not self.args.recursive or self.args.bare:
            return []
        update = self._git("submodule", "update", "--init", "--recursive", "--force")
        return [f"test ! -f {shlex.quote(os.path.join(self.dest, '.gitmodules'))} || {update}"]

    def _run(
        self,
        lines: List[str],
        action: str,
        after: Dict[str, Any],
        before: Optional[str] = None,
        undo: Optional[List[List[str]]] = None,
    ) -> str:
        """One change for all of these commands; the commit that is there afterwards."""
        expects = {"modified": [], "stale": [], **after, "url": self.args.repo}
        umask = self.args.umask
        mask = f"{umask:04o}" if isinstance(umask, int) else umask
        script = "\n".join(["set -e", *([f"umask {mask}"] if mask else []), *lines])
        self.world.keep(self.dest)
        done = self.world.run(
            "/bin/sh",
            "-c",
            script,
            check=False,
            action=action,
            shown=self.dest,
            detail={} if before is None else {"commit": [before, after["commit"]]},
            spoils=[self.dest],
            expects={f"git:{self.dest}": expects},
            undo=undo,
            env=self._environ(),
            cwd="/",
        )
        if done.ran and done.rc:
            raise _failure(done, self.args)
        here = self._here() if done.ran else None
        return str(here["commit"]) if here else str(expects["commit"])

    # -- the program -----------------------------------------------------------------------------

    def _program(self) -> List[str]:
        program = self.world.which(self.args.executable or "git")
        if program is None:
            raise Failure(f"there is no {self.args.executable or 'git'} on this host: install it")
        return [program]

    def _git(self, *arguments: str) -> str:
        return _shell([*self._program(), "-C", self.dest, *arguments])

    def _environ(self) -> Dict[str, str]:
        """git asks nobody, neither for a password nor whether a host key is right, and a look at a
        checkout does not write its index anew."""
        args = self.args
        options = ["-o", "BatchMode=yes"]
        if args.accept_hostkey:
            options += ["-o", "StrictHostKeyChecking=no"]
        elif args.accept_newhostkey:
            options += ["-o", "StrictHostKeyChecking=accept-new"]
        if args.key_file:
            options += ["-i", expanded(args.key_file, self.world), "-o", "IdentitiesOnly=yes"]
        ssh = " ".join(["ssh", *map(shlex.quote, options), args.ssh_opts or ""]).strip()
        quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
        return {**quiet, "GIT_SSH_COMMAND": ssh, "LC_ALL": "C"}


def _shell(words: List[str]) -> str:
    return " ".join(map(shlex.quote, words))


def version_in(listing: str, version: str) -> Optional[Version]:
    """A version as ``git ls-remote`` lists it; a name that is a branch and a tag is the branch."""
    refs: Dict[str, str] = {}
    for line in listing.splitlines():
        commit, tab, ref = line.partition("\t")
        if tab and not commit.startswith("ref:"):
            refs[ref] = commit
    if version == "HEAD" and "HEAD" in refs:
        default = re.search(r"^ref: refs/heads/(\S+)\tHEAD$", listing, re.MULTILINE)
        return Version("head", default[1] if default else "", refs["HEAD"])
    if f"refs/heads/{version}" in refs:
        return Version("branch", version, refs[f"refs/heads/{version}"])
    tag = f"refs/tags/{version}"
    if tag in refs:
        return Version("tag", version, refs.get(tag + "^{}", refs[tag]))
    if version in refs:
        return Version("ref", version, refs.get(version + "^{}", refs[version]))
    if re.fullmatch(r"[0-9a-fA-F]{7,40}", version):
        return Version("commit", version, version.lower())
    return None


SENTENCES = (
    ("Host key verification failed", "the SSH server's key is not known on this host"),
    (r"Permission denied \(", "the SSH server does not accept this user's key"),
    ("could not read Username|Authentication failed", "the server wants a user name and password"),
    ("dubious ownership", "the checkout belongs to another user"),
    ("not our ref|unadvertised object|reference is not a tree", "it does not hand out that commit"),
    ("epository .*not found|does not appear to be a git repo", "there is no repository to be seen"),
    ("Could not resolve host", "the server's name cannot be resolved"),
    ("No space left on device", "the disk is full"),
    ("Permission denied", "not permitted to write there"),
)
"""What git says, as a pattern, and what it means."""

REMEDIES = {
    "the SSH server's key is not known on this host": "set accept_newhostkey: true",
    "the SSH server does not accept this user's key": "name another with key_file",
    "the server wants a user name and password": "use an SSH address with a key",
    "the checkout belongs to another user": "run this step as its owner (become_user)",
}


def _failure(done: Done, args: Args) -> Failure:
    """git's error as a sentence; its own last words stay in it."""
    lines = [line.strip() for line in done.err.splitlines() if line.strip()]
    lines = [line for line in lines if "Could not read from remote" not in line] or lines
    fatal = [line for line in lines if line.startswith(("fatal:", "error:", "ssh:"))]
    said = (fatal or lines or [f"git exited with {done.rc}"])[-1]
    meant = next((text for pattern, text in SENTENCES if re.search(pattern, done.err)), "")
    remedy = f"; {REMEDIES[meant]}" if meant in REMEDIES else ""
    text = f"{args.repo}: {meant}{remedy} ({said})" if meant else f"{args.repo}: {said}"
    return Failure(text, rc=done.rc, stdout=done.out, stderr=done.err)
