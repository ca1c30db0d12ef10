#!/usr/bin/env bash
# Installs, upgrades, removes and purges a package in a root directory that debootstrap makes. usage: debian-root.sh PACKAGE SCRATCH; root only
set -euo pipefail
package=$1
root=$2/debian
debootstrap --variant=minbase --include=adduser,ca-certificates bookworm "$root" >"$2/debootstrap.log" 2>&1 || { tail -5 "$2/debootstrap.log" >&2; exit 1; }
cp "$package" "$root/busbar.deb"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }

inside dpkg -i /busbar.deb
inside busbar --version
inside busbar --validate --config /etc/busbar/config.yaml
inside id busbar
[[ $(stat -c '%a %U' "$root/etc/busbar/environment") == '600 root' ]]

# What an administrator wrote outlives an upgrade, without a question.
echo '# mine' >>"$root/etc/busbar/config.yaml"
echo 'NAME=value' >>"$root/etc/busbar/environment"
dpkg-deb -R "$package" "$2/next"
sed -i 's/^Version: .*/Version: 9.0.0/' "$2/next/DEBIAN/control"
dpkg-deb -Zgzip -z1 -b "$2/next" "$root/next.deb" >/dev/null
inside dpkg -i /next.deb
[[ $(inside dpkg-query -W -f '${Version}' busbar) == 9.0.0 ]]
grep -q '^# mine' "$root/etc/busbar/config.yaml"
grep -q '^NAME=value' "$root/etc/busbar/environment"

inside dpkg -r busbar
[[ -e $root/etc/busbar/config.yaml && -e $root/etc/busbar/environment && ! -e $root/usr/bin/busbar ]]
mkdir -p "$root/var/lib/busbar"
inside dpkg -P busbar
[[ ! -e $root/etc/busbar && ! -e $root/var/lib/busbar ]]
! inside id busbar 2>/dev/null
