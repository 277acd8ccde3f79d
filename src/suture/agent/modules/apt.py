"""Debian packages are installed, at these versions, or absent; apt-get's own simulation tells
beforehand what comes and goes with them."""

from __future__ import annotations

import fnmatch
import os
import time
from dataclasses import dataclass, replace
from typing import Any, Dict, List, Literal, Optional, Sequence

from ..protocol.spec import Failure, Unpredictable, arg
from ..shared.apt_lists import are_stale
from ..shared.apt_output import failure, installed, moves, parts
from ..shared.paths import expanded
from ..world.done import Done
from ..world.http import Request, looked
from ..world.world import World

EXAMPLES = """
- name: what the application needs to build
  apt:
    name: [build-essential, libpq-dev, "nginx=1.22.*"]
    update_cache: true
    cache_valid_time: 3600
    install_recommends: false

- name: no mail server
  apt: {name: exim4, state: absent, purge: true, autoremove: true}
"""

STAMPS = ("/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists")
UNITS = ("/lib/systemd/system", "/usr/lib/systemd/system", "/etc/init.d")
STATUS = "/var/lib/dpkg/status"
UPGRADES = {
    "yes": ["upgrade", "--with-new-pkgs"],
    "safe": ["upgrade", "--with-new-pkgs"],
    "full": ["dist-upgrade"],
    "dist": ["dist-upgrade"],
}

NO_TRACE = (
    *("-o", "Dir::Cache::pkgcache=", "-o", "Dir::Cache::srcpkgcache="),
    *("-o", "Dir::Log::Planner=/dev/null", "-o", "Dir::Log::Solver=/dev/null"),
)
"""With these a look by root writes neither apt's caches nor its logs."""


@dataclass(frozen=True)
class Args:
    name: List[str] = arg(
        "Packages: 'nginx', 'nginx=1.22.*', 'libc6:i386', 'nginx/bookworm', 'python3-*'.",
        [],
        aliases=("pkg", "package"),
    )
    state: Literal["present", "absent", "latest", "build-dep", "fixed"] = arg(
        "latest also upgrades; build-dep: what building it takes; fixed: mend what is broken.",
        "present",
    )
    deb: str | None = arg("A package file on the host, or its address, instead of 'name'.", None)
    update_cache: bool = arg("Fetch the package lists first.", False, aliases=("update-cache",))
    cache_valid_time: int = arg("Seconds for which fetched lists are good enough.", 0)
    purge: bool = arg("Remove configuration files too.", False)
    autoremove: bool = arg("Remove dependencies that nothing needs any more.", False)
    autoclean: bool = arg("Remove downloaded packages that are out of date.", False)
    install_recommends: bool | None = arg(
        "Whether recommended packages come along; unsaid, as apt is configured.",
        None,
        aliases=("install-recommends",),
    )
    default_release: str | None = arg(
        "The release to take packages from.", None, aliases=("default-release",)
    )
    upgrade: Literal["no", "yes", "safe", "full", "dist"] = arg("Upgrade every package.", "no")
    only_upgrade: bool = arg("Upgrade what is installed; install nothing new.", False)
    allow_downgrade: bool = arg(
        "An older version may replace a newer one.",
        False,
        aliases=("allow-downgrade", "allow_downgrades", "allow-downgrades"),
    )
    allow_unauthenticated: bool = arg(
        "Packages need no valid signature.", False, aliases=("allow-unauthenticated",)
    )
    allow_change_held_packages: bool = arg("Held packages may change.", False)
    dpkg_options: str = arg("Options for dpkg, with commas.", "force-confdef,force-confold")
    force: bool = arg("Allow downgrades, and packages without a valid signature.", False)
    fail_on_autoremove: bool = arg("Nothing may be removed along the way.", False)
    clean: bool = arg("Remove all downloaded packages.", False)
    policy_rc_d: int | None = arg(
        "What /usr/sbin/policy-rc.d says meanwhile; 101: no service is started.", None
    )
    update_cache_retries: int = arg("How often fetching the lists is tried.", 5)
    update_cache_retry_max_delay: int = arg("Seconds between these tries, at most.", 12)
    auto_install_module_deps: bool = arg("Without a meaning here: nothing is needed.", True)
    lock_timeout: int = arg("Seconds to wait for another package manager to finish.", 60)
    force_apt_get: bool = arg("Without a meaning here: apt-get is what is used.", False)

    def __post_init__(self) -> None:
        tasks = [self.name, self.deb, "" if self.upgrade == "no" else self.upgrade]
        if sum(map(bool, tasks)) > 1:
            raise ValueError("give one of 'name', 'deb' and 'upgrade'")
        asked = (self.update_cache, self.autoremove, self.autoclean, self.clean)
        if not (any(tasks) or any(asked) or self.state == "fixed"):
            raise ValueError("give 'name', 'deb', 'upgrade', 'update_cache' or 'autoremove'")


def apply(args: Args, world: World) -> Dict[str, Any]:
    if world.which("apt-get") is None:
        raise Failure("this host has no apt-get: it is neither Debian nor Ubuntu")
    if not (args.deb and "://" in args.deb):
        return Packages(args, world).brought()
    response = looked(world, Request(args.deb, follow="all", decompress=False))
    if response.status != 200:
        raise Failure(f"{response.url} answered {response.status} {response.reason}")
    name = os.path.basename(response.url.partition("?")[0]) or "package.deb"
    with world.scratch(response.body, name=name, mode=0o644) as path:
        return Packages(replace(args, deb=path), world, args.deb).brought()


@dataclass(frozen=True)
class Packages:
    """The packages of a host, as far as one task is concerned with them.  ``source``: the address
    that a package file is from."""

    args: Args
    world: World
    source: str = ""

    def brought(self) -> Dict[str, Any]:
        """What is asked for holds; ansible-core's data, and the rows of what came and went."""
        args = self.args
        commands = self._commands()
        due = self._update_due()
        data: Dict[str, Any] = {"cache_updated": due}
        fresh = not are_stale(self.world)
        if due and not (args.name or args.deb or args.upgrade != "no"):
            self._run(["update"], "update", "package lists", [], predictable=False)
        elif due and (commands or args.state == "latest"):
            fresh = self._updated()
            commands = self._commands()
        rows: List[Dict[str, Any]] = []
        for command in commands:
            rows += self._performed(command, fresh, data)
        for verb, wanted in (("autoclean", args.autoclean), ("clean", args.clean)):
            if wanted:
                self._cleaned(verb)
        data["cache_update_time"] = self._update_time()
        return {**data, "resolution": rows}

    def _commands(self) -> List[List[str]]:
        """What to tell apt-get, where a look alone does not show that nothing is to do."""
        args = self.args
        commands: List[List[str]] = []
        if args.state == "fixed":
            commands.append(["install", "--fix-broken"])
        if args.upgrade != "no":
            commands.append(UPGRADES[args.upgrade])
        if args.deb:
            path = expanded(args.deb, self.world)
            if not self._has_deb(path):
                commands.append(["install", path])
        if args.name:
            names = self._unmet(args.name)
            verb = "install" if args.state != "build-dep" else "build-dep"
            if args.state == "absent":
                verb = "purge" if args.purge else "remove"
            if names:
                commands.append([verb, *names])
        if args.autoremove and not commands:
            commands.append(["autoremove"])
        return commands

    # -- looking ---------------------------------------------------------------------------------

    def _unmet(self, specs: Sequence[str]) -> List[str]:
        """The packages of a list that are not as wanted, each as apt-get takes it."""
        args, unmet = self.args, []
        for spec in specs:
            name, version = parts(spec)
            held = self._held(name)
            if args.state == "absent":
                left = [f"{each}" for each in held if held[each] or args.purge]
                unmet += left
            elif args.only_upgrade and not held:
                continue
            elif args.state in ("latest", "build-dep") or "/" in spec:
                unmet.append(spec)
            elif version:
                matching = [each for each in held.values() if fnmatch.fnmatchcase(each, version)]
                unmet += [] if matching else [spec]
            elif not any(held.values()) or "*" in name:
                unmet.append(spec)
        return unmet

    def _held(self, name: str) -> Dict[str, str]:
        """Version by name of what a name or pattern means; "" where only configuration is left."""

        def look() -> Dict[str, str]:
            form = "${binary:Package}\t${db:Status-Abbrev}\t${Version}\n"
            done = self.world.query(self._program("dpkg-query"), "-W", "-f", form, name)
            return installed(done.out)

        found: Dict[str, str] = self.world.state(f"package:{name}", look)
        return found

    def _has_deb(self, path: str) -> bool:
        if self.world.stat(path) is None:
            raise Failure(f"there is no package file {path} on this host")
        done = self.world.query(self._program("dpkg-deb"), "-f", path, "Package", "Version")
        if done.rc:
            raise Failure(f"{path} is no package: {done.err.strip()}")
        fields = dict(line.split(": ", 1) for line in done.out.splitlines() if ": " in line)
        return self._held(fields.get("Package", "")).get(fields["Package"]) == fields["Version"]

    def _update_due(self) -> bool:
        args = self.args
        if not (args.update_cache or args.cache_valid_time):
            return False
        return time.time() - self._update_time() > args.cache_valid_time

    def _update_time(self) -> int:
        """When the package lists were fetched, in seconds since the epoch."""
        for path in STAMPS:
            node = self.world.stat(path)
            if node is not None and node.mtime is not None:
                return int(node.mtime)
        return 0

    # -- touching --------------------------------------------------------------------------------

    def _updated(self) -> bool:
        """Fetch the package lists, which changes no package; False in a world that does not."""
        try:
            done = self.world.measure(*self._apt("update"), env=ENVIRON)
            for attempt in range(1, self.args.update_cache_retries):
                if not done.rc:
                    break
                time.sleep(min(2**attempt, self.args.update_cache_retry_max_delay))
                done = self.world.measure(*self._apt("update"), env=ENVIRON)
        except Unpredictable:
            return False
        if done.rc:
            raise failure(done, "fetch the package lists")
        return True

    def _performed(
        self, command: List[str], fresh: bool, data: Dict[str, Any]
    ) -> List[Dict[str, Any]]:
        """Have apt-get simulate the command, then do it, if it has anything to do."""
        done = self.world.query(*self._apt(*NO_TRACE, "--simulate", *command), env=ENVIRON)
        if done.rc and fresh:
            raise failure(done, " ".join(command))
        rows = [row for row in moves(done.out, self.args.name) if not self._moved(row)]
        if not rows and fresh:
            return []
        if os.geteuid() != 0:
            raise Failure("only root may change packages: run this step with become: true")
        given = [self.source or word if word == self.args.deb else word for word in command[1:]]
        done = self._run(command, command[0], " ".join(given) or "packages", rows, fresh)
        data.update(stdout=done.out, stderr=done.err)
        if (
            done.ran
            and self.args.name
            and self._unmet(self.args.name)
            and self.args.state not in ("latest", "build-dep")
        ):
            still = ", ".join(self._unmet(self.args.name))
            raise Failure(f"apt-get said that it was done, but {still} is not as wanted", **data)
        return rows

    def _moved(self, row: Dict[str, Any]) -> bool:
        """Whether an earlier step of a dry run has done this already."""
        held: Optional[Dict[str, str]] = self.world.state(f"package:{row['name']}", lambda: None)
        return held is not None and held.get(row["name"], "") == row["to"]

    def _cleaned(self, verb: str) -> None:
        try:
            self.world.measure(*self._apt(verb), live=False, env=ENVIRON)
        except Unpredictable:
            return

    def _run(
        self,
        command: List[str],
        action: str,
        target: str,
        rows: List[Dict[str, Any]],
        predictable: bool,
    ) -> Done:
        new = [row["name"] for row in rows if not row["from"] and row["to"]]
        if not predictable and self.args.state != "absent":
            new = new or [parts(spec)[0] for spec in self.args.name]
        expects = {
            f"package:{row['name']}": {row["name"]: row["to"]} if row["to"] else {} for row in rows
        }
        done = self.world.run(
            *self._started_or_not(self._apt(*command)),
            check=False,
            action=action,
            shown=target,
            detail={"rows": rows} if rows else {},
            spoils=[*(UNITS if new else []), *([STATUS] if rows or new else [])],
            expects=expects if predictable else None,
            undo=[] if action == "update" else self._reversal(rows),
            env=ENVIRON,
        )
        self.world.brings(new)
        if done.ran and done.rc:
            raise failure(done, " ".join(command))
        return done

    def _started_or_not(self, command: List[str]) -> List[str]:
        """The command, with a policy for starting services while it runs, where one is asked for."""
        if self.args.policy_rc_d is None:
            return command
        return ["/bin/sh", "-c", POLICY, "sh", str(self.args.policy_rc_d), *command]

    def _reversal(self, rows: List[Dict[str, Any]]) -> Optional[List[List[str]]]:
        """The command that brings back the versions from before, and takes what was not there."""
        moved = [row for row in rows if row["from"] != row["to"]]
        if not moved:
            return None
        words = [
            f"{row['name']}={row['from']}" if row["from"] else f"{row['name']}-" for row in moved
        ]
        flags = ["-y", "--allow-downgrades", "--purge", "-o", f"DPkg::Lock::Timeout={LOCK}"]
        return [[self._program("apt-get"), *flags, "install", *words]]

    def _apt(self, *command: str) -> List[str]:
        """apt-get with every option that the arguments ask for."""
        args = self.args
        options = ["-y", "-o", f"DPkg::Lock::Timeout={args.lock_timeout}"]
        for option in filter(None, args.dpkg_options.split(",")):
            options += ["-o", f"Dpkg::Options::=--{option.strip()}"]
        if args.install_recommends is not None:
            options += ["-o", f"APT::Install-Recommends={str(args.install_recommends).lower()}"]
        if args.default_release:
            options += ["-t", args.default_release]
        flags = {
            "--no-remove": args.fail_on_autoremove,
            "--auto-remove": args.autoremove,
            "--purge": args.purge,
            "--only-upgrade": args.only_upgrade,
            "--allow-downgrades": args.allow_downgrade or args.force,
            "--allow-unauthenticated": args.allow_unauthenticated or args.force,
            "--allow-remove-essential": args.force,
            "--allow-change-held-packages": args.allow_change_held_packages or args.force,
        }
        options += [flag for flag, wanted in flags.items() if wanted and "update" not in command]
        return [self._program("apt-get"), *options, *command]

    def _program(self, name: str) -> str:
        program = self.world.which(name)
        if program is None:
            raise Failure(f"this host has no {name}")
        return program


LOCK = 60
"""Seconds that undoing waits for another package manager to finish."""

POLICY = """
policy=/usr/sbin/policy-rc.d code=$1; shift
[ ! -e $policy ] || mv $policy $policy.suture || exit 1
trap 'rm -f $policy; [ ! -e $policy.suture ] || mv $policy.suture $policy' EXIT
printf '#!/bin/sh\\nexit %s\\n' "$code" > $policy && chmod 755 $policy && "$@"
"""

ENVIRON = {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C", "APT_LISTCHANGES_FRONTEND": "none"}
