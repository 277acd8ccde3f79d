#!/usr/bin/python
"""A file holds this text; nobody can ask beforehand."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    module = AnsibleModule({"path": {"type": "path", "required": True}, "text": {}})
    Path(module.params["path"]).write_text(module.params["text"])
    module.exit_json(changed=True)


if __name__ == "__main__":
    main()
