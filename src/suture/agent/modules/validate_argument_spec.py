"""Variables are what a role says that it wants: there where they are required, and of their types.

The controller performs it, before a role's first task where the role has ``meta/argument_specs.yml``.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional

from ..protocol.spec import Failure, arg
from ..world.world import World

EXAMPLES = """
- validate_argument_spec:
    argument_spec:
      port: {type: int, required: true}
      mode: {choices: [fast, safe]}
    provided_arguments:
      port: "{{ http_port }}"
"""

CONTROLLER = True
PASSED = "The arg spec validation passed"
TRUE = frozenset(("y", "yes", "on", "1", "true", "t", "1.0"))
FALSE = frozenset(("n", "no", "off", "0", "false", "f", "0.0"))
SIZE = re.compile(r"\s*\d+(\.\d*)?\s*[A-Za-z]*\s*")


@dataclass(frozen=True)
class Args:
    argument_spec: dict[str, Any] = arg("What each variable has to be.")
    provided_arguments: dict[str, Any] | None = arg(
        "Values; of those that are not here, the variables of these names.", None
    )
    validate_args_context: dict[str, Any] | None = arg("What is told of the check.", None)


def apply(args: Args, world: World) -> Dict[str, Any]:
    told = {"validate_args_context": args.validate_args_context or {}}
    errors = list(complaints(args.argument_spec, args.provided_arguments or {}))
    if errors:
        message = "Validation of arguments failed:\n" + "\n".join(errors)
        data = {"argument_errors": errors, "argument_spec_data": args.argument_spec, **told}
        raise Failure(message, **data)
    return {"msg": PASSED, **told}


def complaints(
    spec: Mapping[str, Any], given: Mapping[str, Any], within: str = ""
) -> Iterator[str]:
    """What is wrong with the values, in ansible-core's words."""
    found = f" found in {within}" if within else ""
    named = {alias: name for name, about in spec.items() for alias in about.get("aliases") or ()}
    values = {named.get(name, name): value for name, value in given.items()}
    missing = [name for name in sorted(spec) if spec[name].get("required") and name not in values]
    if missing:
        yield f"missing required arguments: {', '.join(missing)}{found}"
    for name, about in spec.items():
        if name not in values or (values[name] is None and not about.get("required")):
            continue
        yield from _of_one(name, about, values[name], within, found)


def _of_one(
    name: str, about: Mapping[str, Any], value: Any, within: str, found: str
) -> Iterator[str]:
    """What is wrong with one value."""
    kind = str(about.get("type") or "str")
    try:
        value = _converted(kind, value)
    except ValueError as error:
        what = type(value).__name__
        yield (
            f"argument '{name}' is of type {what}{found} and we were unable to convert to"
            f" {kind}: {error}"
        )
        return
    choices = about.get("choices")
    several = value if isinstance(value, list) else [value]
    allowed = list(map(str, choices or ()))
    wrong = [each for each in several if choices and str(each) not in allowed]
    if wrong:
        told = ", ".join(map(str, wrong))
        which = "one or more of" if kind == "list" else "one of"
        yield f"value of {name} must be {which}: {', '.join(allowed)}, got: {told}{found}"
    elements = about.get("elements")
    for each in value if elements and isinstance(value, list) else ():
        why = _complaint(str(elements), each)
        if why:
            yield (
                f"Elements value for option '{name}' is of type {type(each).__name__}{found} and"
                f" we were unable to convert to {elements}: {why}"
            )
    yield from _below(name, about, value, f"{within} -> {name}" if within else name)


def _below(name: str, about: Mapping[str, Any], value: Any, within: str) -> Iterator[str]:
    """What is wrong in a mapping whose keys are told, or in a list of such mappings."""
    spec = about.get("options")
    for each in value if isinstance(value, list) else [value]:
        if not spec or not isinstance(each, Mapping):
            continue
        yield from complaints(spec, each, within)
        yield from _together(about, each, within)
        known = {alias for one in spec.values() for alias in one.get("aliases") or ()} | set(spec)
        strange = sorted(map(str, set(each) - known))
        if strange:
            paths = ", ".join(f"{within.replace(' -> ', '.')}.{key}" for key in strange)
            yield f"{paths}. Supported parameters include: {', '.join(sorted(known))}."


def _together(about: Mapping[str, Any], value: Mapping[str, Any], within: str) -> Iterator[str]:
    """What is wrong with the keys of a mapping taken together."""
    found = f" found in {within}"
    for names in about.get("mutually_exclusive") or ():
        if sum(name in value for name in names) > 1:
            yield f"parameters are mutually exclusive: {'|'.join(names)}{found}"
    for names in about.get("required_together") or ():
        if 0 < sum(name in value for name in names) < len(names):
            yield f"parameters are required together: {', '.join(names)}{found}"
    for names in about.get("required_one_of") or ():
        if not any(name in value for name in names):
            yield f"one of the following is required: {', '.join(names)}{found}"
    for name, wanted, needs, *some in about.get("required_if") or ():
        missing = [need for need in needs if need not in value]
        enough = len(missing) < len(needs) if some and some[0] else not missing
        if value.get(name) == wanted and not enough:
            which = "any" if some and some[0] else "all"
            said = f"{name} is {wanted} but {which} of the following are missing"
            yield f"{said}: {', '.join(missing)}{found}"


# -- types -----------------------------------------------------------------------------------------


def _int(value: Any) -> Any:
    try:
        if isinstance(value, (int, str)) or float(value).is_integer():
            return int(value)
    except (TypeError, ValueError):
        pass  # told below
    raise ValueError(f'"{value!r}" cannot be converted to an int')


def _float(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise ValueError(f"{type(value)} cannot be converted to a float") from None


def _bool(value: Any) -> Any:
    word = str(value).strip().lower()
    if isinstance(value, (bool, int, float, str)) and word in TRUE | FALSE:
        return word in TRUE
    raise ValueError(f"The value '{value}' is not a valid boolean.")


def _list(value: Any) -> Any:
    if isinstance(value, list):
        return value
    if isinstance(value, str):
        return value.split(",")
    if isinstance(value, (int, float)):
        return [str(value)]
    raise ValueError(f"{type(value)} cannot be converted to a list")


def _dict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return value
    if not isinstance(value, str):
        raise ValueError(f"{type(value)} cannot be converted to a dict")
    if value.startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("unable to evaluate string as dictionary") from None
    pairs: List[Optional[List[str]]] = [
        each.split("=", 1) if "=" in each else None for each in re.split(r",\s*", value)
    ]
    if None in pairs:
        raise ValueError("dictionary requested, could not parse JSON or key=value")
    return dict(pair for pair in pairs if pair)


def _size(value: Any) -> Any:
    if isinstance(value, (int, float)) or SIZE.fullmatch(str(value)):
        return value
    raise ValueError(f"{type(value)} cannot be converted to a Byte value")


TYPES: Mapping[str, Callable[[Any], Any]] = {
    "int": _int,
    "float": _float,
    "bool": _bool,
    "list": _list,
    "dict": _dict,
    "bytes": _size,
    "bits": _size,
}


def _converted(kind: str, value: Any) -> Any:
    return TYPES[kind](value) if kind in TYPES else value


def _complaint(kind: str, value: Any) -> str:
    """Why a value is not of a type; nothing where it is."""
    try:
        _converted(kind, value)
    except ValueError as error:
        return str(error)
    return ""
