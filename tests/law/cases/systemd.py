from fakes import SYSTEMCTL, program
from law import Case

START = {
    "bin/systemctl": program(SYSTEMCTL),
    "units/app/active": "inactive\n",
    "units/app/enabled": "disabled\n",
    "units/web/active": "active\n",
    "units/web/enabled": "enabled\n",
}


def case(args, **more):
    return Case(
        "systemd",
        args,
        before={**START, **more.pop("before", {})},
        environment={"PATH": "{root}/bin"},
        **more,
    )


def now(unit, active=None, enabled=None):
    found = {f"units/{unit}/active": active, f"units/{unit}/enabled": enabled}
    return {path: f"{word}\n" for path, word in found.items() if word}


CASES = [
    case(
        {"name": "app", "state": "started", "enabled": True},
        after=now("app", "active", "enabled"),
        data={"name": "app", "state": "started", "enabled": True},
    ),
    case({"name": "web.service", "state": "started", "enabled": True}, changed=False),
    case({"name": "web", "state": "stopped"}, after=now("web", "inactive")),
    case({"name": "web", "state": "restarted"}, again=True, data={"state": "started"}),
    case({"name": "web", "state": "reloaded"}, again=True),
    case({"name": "app", "state": "restarted"}, after=now("app", "active"), again=True),
    case({"name": "web", "enabled": False}, after=now("web", enabled="disabled")),
    case({"name": "app", "masked": True}, after=now("app", enabled="masked")),
    case(
        {"name": "app", "masked": False, "state": "started"},
        before=now("app", enabled="masked"),
        after=now("app", "active", "disabled"),
    ),
    case(
        {"name": "app", "state": "started"},
        before=now("app", enabled="masked"),
        failure="app is masked; add masked: false",
    ),
    case({"name": "none", "state": "started"}, failure="there is no service none"),
    case({"name": "a*", "state": "started"}, failure="is a pattern"),
    case(
        {"name": "web", "state": "restarted"},
        earlier=[("systemd", {"name": "web", "state": "stopped"})],
        again=True,
        name="a restart after a stop is a start",
    ),
    case({"scope": "user", "name": "web", "state": "started"}, data={"status": {"Scope": "user"}}),
    Case(
        "systemd",
        {"name": "app", "state": "started"},
        environment={"PATH": "{root}/bin"},
        failure="has no systemctl",
    ),
    Case("systemd", {"state": "started"}, refused="'state' needs 'name'"),
    Case("systemd", {"name": "app"}, refused="at least one of"),
]
