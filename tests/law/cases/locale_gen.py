from fakes import program
from law import Case

LOCALE = '#!/bin/sh\nwhile read -r name; do echo "$name"; done < "${0%/*}/../made"\n'
MAKING = r"""#!/bin/sh
# A mock of locale-gen: ../made has the locales that /etc/locale.gen names.
made=${0%/*}/../made
echo C > "$made"
while read -r name charset; do
    case $name in "#"*|"") ;; *) echo "${name%%.*}.utf8" >> "$made";; esac
done < /etc/locale.gen
"""


def case(args, chosen="# de_DE.UTF-8 UTF-8\n", made="C\n", after=None, then=None, **more):
    before = {
        "bin/locale": program(LOCALE),
        "bin/locale-gen": program(MAKING),
        "etc/locale.gen": chosen,
        "etc/passwd": "root:x:0:0::/:\n",
        "made": made,
    }
    later = {} if after is None else {"etc/locale.gen": after, "made": then}
    return Case(
        "locale_gen",
        args,
        before,
        later,
        environment={"PATH": "{root}/bin"},
        stands_at={"etc": "/etc"},
        needs="root",
        **more,
    )


DE = "de_DE.UTF-8 UTF-8\n"
CASES = [
    case({"name": ["de_DE.UTF-8"]}, after=DE, then="C\nde_DE.utf8\n"),
    case({"name": ["de_DE.UTF-8"]}, DE, "C\nde_DE.utf8\n", changed=False),
    case({"name": ["de_DE.UTF-8"]}, DE, "C\n", DE, "C\nde_DE.utf8\n"),
    case({"name": ["de_DE.UTF-8"], "state": "absent"}, DE, "C\nde_DE.utf8\n", "# " + DE, "C\n"),
    case({"name": ["de_DE.UTF-8"], "state": "absent"}, changed=False),
    case({"name": ["xx_YY.UTF-8"]}, failure="no locale is called xx_YY.UTF-8"),
    Case(
        "locale_gen", {"name": ["a"]}, environment={"PATH": "{root}"}, failure="has no locale-gen"
    ),
]
