"""What is looked up on the controller: the ``with_*`` loops and the ``lookup`` function.

Names, options and results are Ansible's.  Each lookup is a function of its terms and the place that
it is asked from, its options keyword arguments; it gives a list.
"""

from __future__ import annotations

import itertools
import os
import re
import secrets
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from suture.errors import TemplateError
from suture.foreign import plugins
from suture.suggestions import did_you_mean
from suture.templating.file_lookups import FILE_LOOKUPS, LookupContext, Terms
from suture.templating.filters import flatten, to_bool
from suture.templating.password_lookup import password
from suture.variables.values import UndefinedValue

# -- lists -----------------------------------------------------------------------------------------


def _flat(terms: Sequence[Any]) -> list[Any]:
    """The terms, lists among them opened: one level only."""
    return [
        item for term in terms for item in (term if isinstance(term, (list, tuple)) else [term])
    ]


def items(terms: Terms, place: LookupContext) -> list[Any]:
    return _flat(terms)


def flattened(terms: Terms, place: LookupContext) -> list[Any]:
    return flatten(terms)


def listed(terms: Terms, place: LookupContext) -> list[Any]:
    return terms


def dictionary(terms: Terms, place: LookupContext) -> list[Any]:
    pairs: list[Any] = []
    for term in terms:
        if not isinstance(term, Mapping):
            raise TypeError(f"the dict lookup takes a dict, and this is {term!r}")
        pairs += [{"key": key, "value": term[key]} for key in term]
    return pairs


def indexed_items(terms: Terms, place: LookupContext) -> list[Any]:
    return [[at, item] for at, item in enumerate(_flat(terms))]


def together(terms: Terms, place: LookupContext) -> list[Any]:
    if not terms:
        raise ValueError("together takes at least one list")
    return [_flat(row) for row in itertools.zip_longest(*terms)]


def nested(terms: Terms, place: LookupContext) -> list[Any]:
    if not terms:
        raise ValueError("nested takes at least one list")
    lists = [term if isinstance(term, (list, tuple)) else list(term) for term in terms]
    return [_flat(row) for row in itertools.product(*lists)]


def subelements(terms: Terms, place: LookupContext) -> list[Any]:
    if not 2 <= len(terms) <= 3 or not isinstance(terms[1], str):
        raise ValueError("subelements takes a list, the name of a key, and perhaps flags")
    outer, key, flags = terms[0], terms[1], terms[2] if len(terms) == 3 else {}
    if isinstance(outer, Mapping):
        outer = [] if outer.get("skipped") else list(outer.values())
    skip = to_bool(flags.get("skip_missing", False))
    pairs = []
    for element in outer:
        if not isinstance(element, Mapping):
            raise TypeError(f"subelements takes dicts, and this is {element!r}")
        if not element.get("skipped"):
            rest, inner = _parted(element, key.split("."), skip)
            pairs += [[rest, item] for item in inner]
    return pairs


def _parted(element: Mapping[str, Any], keys: list[str], skip: bool) -> tuple[Any, list[Any]]:
    """The element without the list under these keys, and that list."""
    first, *rest = keys
    if first not in element:
        if skip:
            return element, []
        raise ValueError(f"there is no '{first}' in {element!r}")
    inner = element[first]
    if not rest:
        if not isinstance(inner, list):
            raise TypeError(f"'{first}' is {inner!r}, which is no list")
        return {key: value for key, value in element.items() if key != first}, inner
    if not isinstance(inner, Mapping):
        if skip:
            return element, []
        raise TypeError(f"'{first}' is {inner!r}, which is no dict")
    part, found = _parted(inner, rest, skip)
    return {**element, first: part}, found


def random_choice(terms: Terms, place: LookupContext) -> list[Any]:
    return [secrets.choice(terms)] if terms else []


# -- numbers ---------------------------------------------------------------------------------------

_NUMBER = r"(0?x?[0-9a-f]+)"
_SHORT = re.compile(rf"(?:{_NUMBER}-)?{_NUMBER}(?:/{_NUMBER})?(?::(.+))?", re.IGNORECASE)


def sequence(terms: Terms, place: LookupContext, **options: Any) -> list[str]:
    numbers: list[str] = []
    for term in terms or [""]:
        short = _SHORT.fullmatch(str(term))
        if short:
            start, end, stride, form = short.groups()
            given = {"start": start, "end": end, "stride": stride, "format": form}
        else:
            given = dict(pair.partition("=")[::2] for pair in str(term).split())
        wanted = {**options, **{key: value for key, value in given.items() if value is not None}}
        numbers += _sequence(**wanted)
    return numbers


def _sequence(
    start: Any = 1,
    end: Any = None,
    count: Any = None,
    stride: Any = 1,
    format: str = "%d",  # noqa: A002
) -> list[str]:
    first, step = _number(start), _number(stride)
    if (count is None) == (end is None):
        raise ValueError("a sequence takes either 'end' or 'count'")
    if count is not None and _number(count) == 0:
        return []
    last = _number(end) if count is None else first + _number(count) * step - 1
    if step == 0:
        return []
    if (step > 0 and last < first) or (step < 0 and last > first):
        raise ValueError("a sequence that counts backwards takes a negative stride")
    if format.count("%") != 1:
        raise ValueError(f"'{format}' does not have exactly one place for the number")
    return [format % number for number in range(first, last + (1 if step > 0 else -1), step)]


def _number(value: Any) -> int:
    """Octal with a leading zero, hexadecimal with 0x."""
    if isinstance(value, int):
        return value
    text = str(value).lower().removeprefix("+")
    octal = text.lstrip("-").startswith("0") and text.lstrip("-0").isdigit()
    return int(text, 8 if octal else 0)


# -- variables -------------------------------------------------------------------------------------


def variables(terms: Terms, place: LookupContext, default: Any = None, name: Any = ()) -> list[Any]:
    """``name`` says nothing, as in ansible-core: names are terms."""
    view = place.names
    found = []
    for term in terms:
        if term in view:
            found.append(view[term])
        elif default is None:
            found.append(UndefinedValue(f"there is no variable '{term}'"))
        else:
            found.append(default)
    return found


def varnames(terms: Terms, place: LookupContext) -> list[str]:
    names = place.scope.in_order()
    return [name for term in terms for name in names if re.search(term, name)]


def env(terms: Terms, place: LookupContext, default: Any = "") -> list[Any]:
    return [os.environ.get(str(term).split()[0], default) for term in terms]


def inventory_hostnames(terms: Terms, place: LookupContext) -> list[str]:
    """The hosts of the groups and names that a pattern such as ``web:&prod:!web3`` leaves."""
    groups = place.names["groups"]
    chosen: dict[str, None] = {}
    for part in (part for term in terms for part in re.split(r"[:,]", term) if part):
        name = part.lstrip("&!")
        hosts = groups.get(name, [name] if name in groups.get("all", []) else [])
        if part.startswith("&"):
            chosen = {host: None for host in chosen if host in hosts}
        elif part.startswith("!"):
            chosen = {host: None for host in chosen if host not in hosts}
        else:
            chosen.update(dict.fromkeys(hosts))
    return list(chosen)


# -- commands --------------------------------------------------------------------------------------


def _output(command: Any, place: LookupContext) -> bytes:
    done = subprocess.run(  # noqa: S602 - the author's own command line
        str(command), shell=True, cwd=place.directory, stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise ValueError(f"the command ended with {done.returncode}: {command}")
    return done.stdout


def pipe(terms: Terms, place: LookupContext) -> list[str]:
    return [_output(term, place).decode("utf-8", "replace").rstrip() for term in terms]


def lines(terms: Terms, place: LookupContext) -> list[str]:
    return [
        line.decode("utf-8", "replace")
        for term in terms
        for line in _output(term, place).splitlines()
    ]


LOOKUPS: Mapping[str, Callable[..., list[Any]]] = {
    **FILE_LOOKUPS,
    "items": items,
    "flattened": flattened,
    "list": listed,
    "dict": dictionary,
    "indexed_items": indexed_items,
    "together": together,
    "nested": nested,
    "cartesian": nested,
    "subelements": subelements,
    "random_choice": random_choice,
    "sequence": sequence,
    "vars": variables,
    "varnames": varnames,
    "env": env,
    "password": password,
    "inventory_hostnames": inventory_hostnames,
    "pipe": pipe,
    "lines": lines,
}
"""Lookups by name."""


def found(kind: str, terms: Terms, place: LookupContext, options: Mapping[str, Any]) -> list[Any]:
    """What the lookup of this kind finds; raises what it raises."""
    name = kind.removeprefix("ansible.builtin.").removeprefix("ansible.legacy.")
    if name not in LOOKUPS:
        listed = plugins.lookup(name, terms, place.names, options)
        if listed is not None:
            return listed
        hint = plugins.unfound("lookup", name) or did_you_mean(name, LOOKUPS)
        raise TemplateError(f"there is no lookup '{kind}'{hint}")
    return LOOKUPS[name](terms, place, **options)
