#!/usr/bin/env bash
# On a machine without the .NET SDK the build fetches the version that global.json pins; where it cannot, it says what to do.
source "$(dirname "$0")/common/run.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)

# Everything on PATH but an SDK.
mkdir "$work/bin" "$work/tree"
for folder in /usr/sbin /sbin /usr/bin /bin; do
  find "$folder" -maxdepth 1 ! -type d ! -name dotnet -exec ln -sf -t "$work/bin" {} +
done
cp -r "$root/build.sh" "$root/global.json" "$root/deploy" "$work/tree/"
mkdir -p "$work/tree/Busbar/obj"
printf '{"libraries": {}, "project": {"frameworks": {}}}' >"$work/tree/Busbar/obj/project.assets.json"
pinned=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' "$root/global.json")

# Stands in for the vendor's install script: what it leaves behind is an SDK that "publishes" a program that tells a version.
cat >"$work/install.sh" <<'SCRIPT'
echo "$*" >install-arguments
while (( $# )); do
  case $1 in --version) version=$2; shift ;; --install-dir) folder=$2; shift ;; esac
  shift
done
mkdir -p "$folder/sdk/$version"
cat >"$folder/dotnet" <<'SDK'
#!/bin/sh
[ "$1" = publish ] || exit 0
printf '#!/bin/sh\necho busbar 0.0.0\n' >artifacts/publish/busbar
chmod +x artifacts/publish/busbar
SDK
chmod +x "$folder/dotnet"
# The publish folder is emptied by the build and filled by the SDK.
sed -i 's#^printf#mkdir -p artifacts/publish; printf#' "$folder/dotnet"
SCRIPT

builds() {
  (cd "$work/tree" && env -i HOME="$work" PATH="$work/bin" BUSBAR_BUILD_OFFLINE=1 BUSBAR_DOTNET_INSTALL_URL="$1" ./build.sh) >"$work/said" 2>&1
}

fetches() { builds "file://$work/install.sh" || { cat "$work/said" >&2; return 1; }; [[ -x $work/tree/busbar ]]; }
asked_for_the_pinned() { [[ " $(<"$work/tree/install-arguments") " == *" --version $pinned "* ]]; }
names_the_remedy() { ! builds "file://$work/nowhere.sh" && grep -q "BUSBAR_DOTNET_INSTALL_URL" "$work/said"; }

has_parts() { grep -q '"name": "busbar"' "$work/tree/artifacts/busbar.cdx.json"; }

check "a build without an SDK fetches one" fetches
check "it is the version that global.json pins" asked_for_the_pinned
check "a build leaves a bill of materials" has_parts
rm -rf "$work/tree/.dotnet" "$work/tree/busbar" "$work/tree/artifacts/inputs"
check "a build that cannot fetch an SDK says how to get one" names_the_remedy
exit "$bad"
