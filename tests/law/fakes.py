"""Programs that only pretend, for modules whose real ones a test may not use: mocks, as scripts.

They need nothing but a shell, so a case's PATH can be their directory alone.
"""

from __future__ import annotations

from law import File

SYSTEMCTL = r"""#!/bin/sh
# A mock of systemctl: units are the directories below ../units, each with files active, enabled.
units=${0%/*}/../units
scope=system
while [ "${1#--}" != "$1" ]; do scope=${1#--}; shift; done
verb=$1 unit=${2%.service}
here=$units/$unit
read_file() { word=; [ -f "$1" ] && read -r word < "$1"; echo "$word"; }
case $verb in
daemon-reload) echo "$verb" > "$units/reloaded"; exit 0;;
show)
    echo "Id=$2"
    if [ ! -d "$here" ]; then echo LoadState=not-found; echo ActiveState=inactive; exit 0; fi
    load=loaded; [ "$(read_file "$here/enabled")" = masked ] && load=masked
    echo "LoadState=$load"; echo "ActiveState=$(read_file "$here/active")"
    echo "Scope=$scope"; exit 0;;
is-enabled)
    word=$(read_file "$here/enabled"); echo "$word"
    case $word in enabled|static|generated) exit 0;; *) exit 1;; esac;;
esac
if [ ! -d "$here" ]; then echo "Unit $2 could not be found." >&2; exit 5; fi
case $verb in
try-restart|try-reload-or-restart) ;;
start|restart|reload)
    if [ -f "$here/broken" ]; then
        echo "Job for $2 failed because the control process exited." >&2; exit 1; fi
    word=active; [ -f "$here/dies" ] && word=failed
    echo "$word" > "$here/active";;
stop) echo inactive > "$here/active";;
enable) echo enabled > "$here/enabled";;
disable) echo disabled > "$here/enabled";;
mask) echo masked > "$here/enabled";;
unmask) echo disabled > "$here/enabled";;
*) echo "Unknown command verb $verb." >&2; exit 1;;
esac
"""

SERVICE = r"""#!/bin/sh
# A mock of service(8): a service runs while ../run/NAME says so.
run=${0%/*}/../run/$1
if [ ! -f "$run" ]; then echo "$1: unrecognized service" >&2; exit 1; fi
read -r state < "$run"
case $2 in
status) [ "$state" = up ] && { echo "$1 is running"; exit 0; }; echo "$1 is stopped"; exit 3;;
start|restart|reload) echo up > "$run";;
stop) echo down > "$run";;
esac
"""

APT_GET = r"""#!/bin/sh
# A mock of apt-get: ../packages/NAME holds the available version, ../packages/NAME.needs what it
# needs, NAME.brings the path of a file that it brings, ../installed/NAME the installed version.
top=${0%/*}/..
simulate= verb= older= purge=
while [ $# -gt 0 ]; do
    case $1 in
    -o|-t) shift;;
    --simulate) simulate=1;;
    --allow-downgrades) older=1;;
    --fix-broken) ;;
    --purge) purge=1;;
    -*) ;;
    *) if [ -z "$verb" ]; then verb=$1; else names="$names $1"; fi;;
    esac
    shift
done
available() { word=; [ -f "$top/packages/$1" ] && read -r word < "$top/packages/$1"; echo "$word"; }
present() { word=; [ -f "$top/installed/$1" ] && read -r word < "$top/installed/$1"; echo "$word"; }
one() {
    name=${1%%=*}
    version=$(available "$name")
    [ -n "$version" ] || { echo "E: Unable to locate package $name" >&2; exit 100; }
    case $1 in *=*) [ -n "$older" ] && version=${1#*=}; [ "${1#*=}" = "$version" ] || {
        echo "E: Version '${1#*=}' for '$name' was not found" >&2; exit 100; };; esac
    old=$(present "$name")
    [ "$old" = "$version" ] && return
    if [ -f "$top/packages/$name.needs" ]; then
        read -r need < "$top/packages/$name.needs"; (one "$need") || exit 100
    fi
    echo "Inst $name${old:+ [$old]} ($version Fake:1 [all])"
    [ -n "$simulate" ] && return
    echo "$version" > "$top/installed/$name"
    if [ -f "$top/packages/$name.brings" ]; then
        read -r path < "$top/packages/$name.brings"; mkdir -p "${path%/*}"; echo set > "$path"; fi
}
case $verb in
clean|autoclean) ;;
update) [ -n "$simulate" ] || echo now > "$top/updated";;
install) for name in $names; do
    case $name in
    *-) word=; [ -n "$purge" ] || word=gone
        echo "$word" > "$top/installed/${name%-}"
        if [ -f "$top/packages/${name%-}.brings" ]; then
            read -r path < "$top/packages/${name%-}.brings"; rm -rf "${path%/*}"; fi;;
    *) one "$name";;
    esac
done;;
remove|purge) for name in $names; do
    echo "Remv $name [$(present "$name")]"
    [ -n "$simulate" ] || echo gone > "$top/installed/$name"
done;;
*) echo "E: Invalid operation $verb" >&2; exit 100;;
esac
"""

DPKG_QUERY = r"""#!/bin/sh
# A mock of dpkg-query -W -f FORMAT NAME.
name=$4; file=${0%/*}/../installed/$name
[ -f "$file" ] || { echo "dpkg-query: no packages found matching $name" >&2; exit 1; }
read -r version < "$file"
if [ "$version" = gone ]; then printf '%s\trc \t1.0\n' "$name"; else
    printf '%s\tii \t%s\n' "$name" "$version"; fi
"""

CRONTAB = r"""#!/bin/sh
# A mock of crontab: the tables are ../cron/USER, and "own" without -u.
dir=${0%/*}/../cron
table=$dir/own
[ "$1" = -u ] && { table=$dir/$2; shift 2; }
case $1 in
-l) [ -f "$table" ] || { echo "no crontab for someone" >&2; exit 1; }
    while IFS= read -r line; do echo "$line"; done < "$table";;
-r) : > "$table";;
-) : > "$table"; while IFS= read -r line; do echo "$line" >> "$table"; done;;
esac
"""

SYSCTL = r"""#!/bin/sh
# A mock of sysctl: ../kernel/NAME holds a parameter's value.
kernel=${0%/*}/../kernel
set_one() {
    name=${1%%=*}
    [ -f "$kernel/$name" ] || { [ -n "$lenient" ] && return; echo "cannot stat $name" >&2; exit 255; }
    echo "${1#*=}" > "$kernel/$name"
}
while [ $# -gt 0 ]; do
    case $1 in
    -e) lenient=1;;
    -n) [ -f "$kernel/$2" ] || exit 0; read -r value < "$kernel/$2"; echo "$value"; exit 0;;
    -w) set_one "$2"; exit 0;;
    -p) while IFS= read -r line; do
            case $line in "#"*|"") ;; *) set_one "$line";; esac
        done < "$2"; exit 0;;
    esac
    shift
done
"""

MOUNT = r"""#!/bin/sh
# A mock of mount, umount and mountpoint, by its name: ../mounted is there while something is mounted.
mounted=${0%/*}/../mounted/now
case ${0##*/} in
mountpoint) read -r now < "$mounted"; [ "$now" = yes ];;
mount) echo yes > "$mounted";;
umount) echo no > "$mounted";;
esac
"""


def program(text: str) -> File:
    return File(text, 0o755)
