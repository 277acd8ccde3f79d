"""What a run is made from: read, asked for and checked once, before anything is touched."""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass

from suture.commands.options import Options
from suture.commands.project import Project, project_of
from suture.commands.vault_redaction import Telling, passwords_in
from suture.inventory.reader import inventory
from suture.load.extra_vars import extra_vars
from suture.load.source import Opener
from suture.model import Inventory
from suture.redaction import Redactor, named_secrets
from suture.run.settings import Settings

FORKS = 16
"""Hosts that are worked on side by side where nothing else is set."""

LONG_ENOUGH = 8
"""Letters of a variable of the operator's environment that is taken for a secret by its name."""


@dataclass(frozen=True, slots=True)
class Inputs:
    """``redactor`` knows every secret that was read or asked for; ``vault`` opens encrypted values."""

    options: Options
    project: Project
    redactor: Redactor
    vault: Opener | None
    inventory: Inventory
    settings: Settings


def inputs_of(
    options: Options, project: Project | None = None, redactor: Redactor | None = None
) -> Inputs:
    """Read the inventory and the operator's variables, and ask for the password that was promised."""
    project = project or project_of()
    redactor = redactor or Redactor()
    vault = _opener(options, project, redactor)
    if options.verbose:
        for line in project.ansible.lines:
            print(f"suture: {line}", file=sys.stderr)
    hosts = inventory(
        project.inventories(options.inventory),
        playbook_dirs=[project.root / "playbooks"],
        vault=vault,
    )
    settings = _settings(options, project, vault, redactor)
    for password in (*passwords_in(hosts), *named_secrets(settings.extra_vars)):
        redactor.add(password)
    for secret in named_secrets({**os.environ, "PWD": ""}):  # where we are, no password
        if len(secret) >= LONG_ENOUGH:
            redactor.add(secret)
    return Inputs(options, project, redactor, vault, hosts, settings)


def _opener(options: Options, project: Project, redactor: Redactor) -> Opener | None:
    """What opens encrypted values, where passwords were given: by an option, or as set for Ansible,
    where each may have a label."""
    given = options.vault_password_file or project.ansible.value("vault_password_file")
    sources = [("", given)] if given else []
    if not options.vault_password_file:
        for each in project.ansible.value("vault_identity_list", ()):
            label, at, source = each.strip().rpartition("@")
            sources.append((label if at else "", source))
    if not sources:
        return None
    from suture.load.vault import Password, Vault, password_file

    passwords = []
    for label, source in sources:
        if source in ("prompt", "prompt_ask_vault_pass"):
            asked = getpass.getpass(f"vault password ({label or 'default'}): ")
            passwords.append(Password(asked.encode(), label))
        else:
            passwords.append(password_file(source, label))
        redactor.add(passwords[-1].secret.decode("utf-8", "replace"))
    return Telling(Vault(passwords), redactor.add)


def _settings(
    options: Options, project: Project, vault: Opener | None, redactor: Redactor
) -> Settings:
    password = None
    ansible = project.ansible
    if options.ask_become_pass or ansible.value("become_ask_pass"):
        password = getpass.getpass("become password: ")
        redactor.add(password)
    return Settings(
        dry=options.dry_run,
        rehearse=options.rehearse,
        network=not options.no_network,
        diff=options.diff,
        forks=options.forks or ansible.value("forks", FORKS),
        verbosity=int(options.verbose),
        extra_vars=extra_vars(options.extra_vars, vault=vault),
        tags=options.tags,
        skip_tags=options.skip_tags,
        become_password=password,
        known_hosts=str(project.known_hosts),
        strict=project.strict,
        transport=project.transport,
        connection=ansible.connection,
        become=ansible.become,
        learn=redactor.add,
    )
