from fakes import program
from law import Case

SERVICE = "#!/bin/sh\necho ' [ + ]  app'; echo ' [ - ]  web'; echo ' [ ? ]  x'\n"

CASES = [
    Case(
        "service_facts",
        {},
        {"bin/service": program(SERVICE)},
        environment={"PATH": "{root}/bin"},
        data={
            "ansible_facts": {
                "services": {
                    "app": {"name": "app", "state": "running", "source": "sysv"},
                    "web": {"name": "web", "state": "stopped", "source": "sysv"},
                    "x": {"name": "x", "state": "unknown", "source": "sysv"},
                }
            }
        },
    ),
    Case("service_facts", {}, environment={"PATH": "{root}"}, failure="no services"),
]
