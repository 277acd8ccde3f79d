"""What a run is made from: read, asked for and checked once, before anything is touched."""

from __future__ import annotations

import getpass
import os
from dataclasses import dataclass

from suture.commands.options import Options
from suture.commands.project import Project, project_of
from suture.commands.vault_redaction import Telling, passwords_in
from suture.inventory.reader import inventory
from suture.load.extra_vars import extra_vars
from suture.load.source import Opener
from suture.model import Inventory
from suture.redaction import Redactor
from suture.run.settings import Settings


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
    vault = _opener(options, redactor)
    hosts = inventory(
        project.inventories(options.inventory),
        playbook_dirs=[project.root / "playbooks"],
        vault=vault,
    )
    settings = _settings(options, project, vault, redactor)
    for password in passwords_in(hosts):
        redactor.add(password)
    return Inputs(options, project, redactor, vault, hosts, settings)


def _opener(options: Options, redactor: Redactor) -> Opener | None:
    """What opens encrypted values, where a password was given."""
    given = options.vault_password_file or os.environ.get("ANSIBLE_VAULT_PASSWORD_FILE")
    if not given:
        return None
    from suture.load.vault import Vault, password_file

    password = password_file(given)
    redactor.add(password.secret.decode("utf-8", "replace"))
    return Telling(Vault([password]), redactor.add)


def _settings(
    options: Options, project: Project, vault: Opener | None, redactor: Redactor
) -> Settings:
    password = None
    if options.ask_become_pass:
        password = getpass.getpass("become password: ")
        redactor.add(password)
    return Settings(
        dry=options.dry_run,
        rehearse=options.rehearse,
        network=not options.no_network,
        diff=options.diff,
        forks=options.forks,
        verbosity=int(options.verbose),
        extra_vars=extra_vars(options.extra_vars, vault=vault),
        tags=options.tags,
        skip_tags=options.skip_tags,
        become_password=password,
        known_hosts=str(project.known_hosts),
        strict=project.strict,
        transport=project.transport,
    )
