"""Filters over data: JSON and YAML, dicts, lists, sets, numbers.  Results are Ansible's."""

from __future__ import annotations

import functools
import itertools
import json
import math
import random
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, time
from typing import Any

from jinja2 import Environment, Undefined
from jinja2.filters import do_unique
from jinja2.utils import pass_environment

from suture.secrets import Secret
from suture.variables.values import UndefinedValue, finished

# -- JSON and YAML ---------------------------------------------------------------------------------


def _jsonable(value: Any) -> Any:
    if isinstance(value, (date, time)):
        return value.isoformat()
    return finished(value)


def to_json(value: Any, **options: Any) -> str:
    return json.dumps(value, default=_jsonable, **options)


def to_nice_json(value: Any, indent: int = 4, sort_keys: bool = True, **options: Any) -> str:
    options["separators"] = (",", ": ")
    return to_json(value, indent=indent, sort_keys=sort_keys, **options)


def from_json(text: str, **options: Any) -> Any:
    return json.loads(text, **options)


@functools.cache
def _dumper() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    dumper: Any = type("Dumper", (base,), {})
    dumper.add_multi_representer(str, lambda self, text: self.represent_str(str(text)))
    dumper.add_multi_representer(tuple, lambda self, items: self.represent_list(items))
    dumper.add_multi_representer(Mapping, lambda self, items: self.represent_dict(items))
    return dumper


def to_yaml(value: Any, default_flow_style: bool | None = None, **options: Any) -> str:
    import yaml

    text = yaml.dump(
        finished(value),
        Dumper=_dumper(),
        allow_unicode=True,
        default_flow_style=default_flow_style,
        **options,
    )
    return str(text)


def to_nice_yaml(
    value: Any, indent: int = 4, default_flow_style: bool = False, **options: Any
) -> str:
    return to_yaml(value, indent=indent, default_flow_style=default_flow_style, **options)


def from_yaml(text: Any) -> Any:
    import yaml

    if not isinstance(text, str):
        return text
    return yaml.load(str(text), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506


def from_yaml_all(text: Any) -> Any:
    import yaml

    if text is None:
        return []
    if not isinstance(text, str):
        return text
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return list(yaml.load_all(str(text), Loader=loader))


# -- one value -------------------------------------------------------------------------------------


def default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:
    """An undefined value is replaced, one whose making failed is not."""
    if type(value) is UndefinedValue:
        return default_value if value.error is None else value
    if isinstance(value, Undefined):
        return default_value
    return default_value if boolean and not value else value


def mandatory(value: Any, msg: str | None = None) -> Any:
    if type(value) is UndefinedValue and value.error is None:
        name = f" '{value.variable}'" if value.variable else ""
        raise ValueError(msg or f"the mandatory variable{name} is not defined")
    return value


def ternary(value: Any, true_val: Any, false_val: Any, none_val: Any = None) -> Any:
    if value is None and none_val is not None:
        return none_val
    return true_val if value else false_val


def to_bool(value: Any) -> bool:
    """Whether it is one of yes, on, true, 1; what is none of the words for no is no as well."""
    if isinstance(value, (str, int)):
        return str(value).lower() in {"yes", "on", "true", "1"}
    return bool(value == 1)


def type_debug(value: Any) -> str:
    if type(value) is UndefinedValue:
        return "Undefined"
    return "str" if isinstance(value, Secret) else type(value).__name__


# -- dicts -----------------------------------------------------------------------------------------

MERGES: Mapping[str, Callable[[list[Any], list[Any]], list[Any]]] = {
    "replace": lambda weak, strong: strong,
    "keep": lambda weak, strong: weak,
    "append": lambda weak, strong: weak + strong,
    "prepend": lambda weak, strong: strong + weak,
    "append_rp": lambda weak, strong: [item for item in weak if item not in strong] + strong,
    "prepend_rp": lambda weak, strong: strong + [item for item in weak if item not in strong],
}
"""What ``combine`` makes of two lists under one key, by the name of ``list_merge``."""


def combine(*terms: Any, recursive: bool = False, list_merge: str = "replace") -> Any:
    dicts = flatten(terms, levels=1)
    if list_merge not in MERGES:
        raise ValueError(f"list_merge is one of {', '.join(MERGES)}, not '{list_merge}'")
    if not dicts:
        return {}
    for each in dicts:
        if not isinstance(each, Mapping):
            raise TypeError(f"combine takes dicts, and this is {each!r}")
    return functools.reduce(lambda weak, strong: merged(weak, strong, recursive, list_merge), dicts)


def merged(
    weak: Mapping[Any, Any], strong: Mapping[Any, Any], recursive: bool, list_merge: str
) -> dict[Any, Any]:
    """Both dicts in one, the stronger one's values winning."""
    result = dict(weak)
    for key, value in strong.items():
        old = result.get(key)
        if isinstance(old, Mapping) and isinstance(value, Mapping) and recursive:
            result[key] = merged(old, value, recursive, list_merge)
        elif isinstance(old, list) and isinstance(value, list):
            result[key] = MERGES[list_merge](old, value)
        else:
            result[key] = value
    return result


def dict2items(value: Any, key_name: str = "key", value_name: str = "value") -> list[Any]:
    if not isinstance(value, Mapping):
        raise TypeError(f"dict2items takes a dict, and this is a {type(value).__name__}")
    return [{key_name: key, value_name: value[key]} for key in value]


def items2dict(items: Any, key_name: str = "key", value_name: str = "value") -> dict[Any, Any]:
    if not isinstance(items, (list, tuple)):
        raise TypeError(f"items2dict takes a list, and this is a {type(items).__name__}")
    try:
        return {item[key_name]: item[value_name] for item in items}
    except (KeyError, TypeError):
        raise TypeError(
            f"items2dict takes dicts with '{key_name}' and '{value_name}' in them"
        ) from None


def rekey_on_member(data: Any, key: str, duplicates: str = "error") -> dict[Any, Any]:
    if duplicates not in {"error", "overwrite"}:
        raise ValueError(f"duplicates is error or overwrite, not '{duplicates}'")
    if isinstance(data, (str, bytes)) or not isinstance(data, Iterable):
        raise TypeError("rekey_on_member takes a list or dict of dicts")
    result: dict[Any, Any] = {}
    for item in data.values() if isinstance(data, Mapping) else data:
        if not isinstance(item, Mapping) or key not in item:
            raise ValueError(f"an item has no '{key}'")
        if item[key] in result and duplicates == "error":
            raise ValueError(f"'{item[key]}' is there twice")
        result[item[key]] = item
    return result


@pass_environment
def extract(environment: Environment, item: Any, container: Any, morekeys: Any = None) -> Any:
    more = morekeys if isinstance(morekeys, list) else [] if morekeys is None else [morekeys]
    for key in [item, *more]:
        container = environment.getitem(container, key)
    return environment.force(container)  # type: ignore[attr-defined]


# -- lists -----------------------------------------------------------------------------------------


def flatten(items: Iterable[Any], levels: int | None = None, skip_nulls: bool = True) -> list[Any]:
    result: list[Any] = []
    for item in items:
        if skip_nulls and (item is None or item == "None" or item == "null"):
            continue
        if isinstance(item, (list, tuple)) and levels is None:
            result += flatten(item, skip_nulls=skip_nulls)
        elif isinstance(item, (list, tuple)) and int(levels or 0) >= 1:
            result += flatten(item, int(levels or 0) - 1, skip_nulls)
        else:
            result.append(item)
    return result


def subelements(value: Any, path: Any, skip_missing: bool = False) -> list[tuple[Any, Any]]:
    if not isinstance(value, (Mapping, list)):
        raise TypeError("subelements takes a list of dicts, or a dict of them")
    keys = path.split(".") if isinstance(path, str) else list(path)
    pairs = []
    for element in value.values() if isinstance(value, Mapping) else value:
        found = element
        for key in keys:
            if not isinstance(found, Mapping):
                raise TypeError(f"'{key}' is sought in {found!r}, which is no dict")
            if key not in found and skip_missing:
                found = []
                break
            if key not in found:
                raise ValueError(f"there is no '{key}' in {found!r}")
            found = found[key]
        if not isinstance(found, list):
            raise TypeError(f"'{'.'.join(keys)}' is {found!r}, which is no list")
        pairs += [(element, item) for item in found]
    return pairs


def _distinct(items: Iterable[Any]) -> list[Any]:
    """The items without repetitions, first ones kept; they need not be hashable."""
    listed = list(items)
    try:
        return list(dict.fromkeys(listed))
    except TypeError:
        result: list[Any] = []
        for item in listed:
            if item not in result:
                result.append(item)
        return result


def union(left: Any, right: Any) -> list[Any]:
    return _distinct([*left, *right])


def intersect(left: Any, right: Any) -> list[Any]:
    members = _members(right)
    return _distinct(item for item in left if item in members)


def difference(left: Any, right: Any) -> list[Any]:
    members = _members(right)
    return _distinct(item for item in left if item not in members)


def symmetric_difference(left: Any, right: Any) -> list[Any]:
    return difference(left, right) + difference(right, left)


def _members(items: Iterable[Any]) -> Collection[Any]:
    """The items to look others up among; a list may hold what is not hashable."""
    listed = list(items)
    try:
        return frozenset(listed)
    except TypeError:
        return listed


@pass_environment
def unique(
    environment: Environment, items: Any, case_sensitive: bool | None = None, attribute: Any = None
) -> list[Any]:
    """Unless ``case_sensitive``, texts that differ in case only count as one."""
    listed = list(items)
    try:
        return list(do_unique(environment, listed, bool(case_sensitive), attribute))
    except TypeError:
        if case_sensitive is False or attribute:
            raise
        return _distinct(listed)


@pass_environment
def choice(
    environment: Environment,
    end: Any,
    start: int | None = None,
    step: int | None = None,
    seed: Any = None,
) -> Any:
    """``random``: a number below ``end``, or an item of it."""
    source = random.SystemRandom() if seed is None else random.Random(seed)  # noqa: S311
    if isinstance(end, int):
        return source.randrange(start or 0, end, step or 1)
    if start or step:
        raise ValueError("start and step are for numbers")
    return source.choice(end)


def shuffle(items: Any, seed: Any = None) -> Any:
    listed = list(items)
    (random.Random(seed) if seed else random.SystemRandom()).shuffle(listed)  # noqa: S311
    return listed


# -- numbers ---------------------------------------------------------------------------------------


def log(value: float, base: float = math.e) -> float:
    return math.log10(value) if base == 10 else math.log(value, base)


def root(value: float, base: float = 2) -> float:
    return math.sqrt(value) if base == 2 else math.pow(value, 1.0 / float(base))


def zipped(*lists: Sequence[Any], strict: bool = False) -> list[tuple[Any, ...]]:
    return list(zip(*lists, strict=strict))


FILTERS: Mapping[str, Callable[..., Any]] = {
    "to_json": to_json,
    "to_nice_json": to_nice_json,
    "from_json": from_json,
    "to_yaml": to_yaml,
    "to_nice_yaml": to_nice_yaml,
    "from_yaml": from_yaml,
    "from_yaml_all": from_yaml_all,
    "default": default,
    "d": default,
    "mandatory": mandatory,
    "ternary": ternary,
    "bool": to_bool,
    "type_debug": type_debug,
    "combine": combine,
    "dict2items": dict2items,
    "items2dict": items2dict,
    "rekey_on_member": rekey_on_member,
    "extract": extract,
    "flatten": flatten,
    "subelements": subelements,
    "union": union,
    "intersect": intersect,
    "difference": difference,
    "symmetric_difference": symmetric_difference,
    "unique": unique,
    "random": choice,
    "shuffle": shuffle,
    "zip": zipped,
    "zip_longest": itertools.zip_longest,
    "product": itertools.product,
    "permutations": itertools.permutations,
    "combinations": itertools.combinations,
    "log": log,
    "pow": math.pow,
    "root": root,
}
"""Filters by name; those of Jinja2 itself are added in ``plugins``."""
