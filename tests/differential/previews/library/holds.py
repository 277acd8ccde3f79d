#!/usr/bin/python
"""A file holds this text."""

from __future__ import annotations

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    spec = {"path": {"type": "path", "required": True}, "text": {"required": True}}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    path, text = Path(module.params["path"]), module.params["text"] + "\n"
    before = path.read_text() if path.exists() else ""
    if before != text and not module.check_mode:
        path.write_text(text)
    module.exit_json(changed=before != text, diff={"before": before, "after": text})


if __name__ == "__main__":
    main()
