from fakes import SERVICE, program
from law import Case

START = {"bin/service": program(SERVICE), "run/app": "down\n", "run/web": "up\n"}


def case(args, **more):
    return Case("service", args, before=START, environment={"PATH": "{root}/bin"}, **more)


CASES = [
    case({"name": "app", "state": "started"}, after={"run/app": "up\n"}, data={"state": "started"}),
    case({"name": "web", "state": "started"}, changed=False),
    case({"name": "web", "state": "stopped"}, after={"run/web": "down\n"}),
    case({"name": "web", "state": "restarted"}, again=True),
    case({"name": "app", "state": "reloaded"}, after={"run/app": "up\n"}, again=True),
    case(
        {"name": "web", "state": "started"},
        earlier=[("service", {"name": "web", "state": "stopped"})],
        again=True,
        name="carries forward",
    ),
    case({"name": "none", "state": "started"}, failure="there is no service none"),
    case({"name": "app", "enabled": True}, failure="no update-rc.d"),
    Case(
        "service",
        {"name": "app", "state": "started"},
        environment={"PATH": "{root}/bin"},
        failure="neither a running systemd nor init scripts",
    ),
    Case("service", {"name": "app"}, refused="give 'state', 'enabled' or both"),
]
