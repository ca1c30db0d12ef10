#!/usr/bin/env bash
# What users install: a package, an image and a tarball for two architectures, the same bytes each time, with nothing in them that should not be there.
source "$(dirname "$0")/common/run.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
out=$root/artifacts/packages
export SOURCE_DATE_EPOCH=1700000000

packs() { ./build.sh package >"$work/log" 2>&1 || { tail -20 "$work/log" >&2; return 1; }; }
if ! packs; then
  echo "not ok the packages are made"
  exit 1
fi
echo "ok the packages are made"
version=$(sed -n 's#.*<Version>\(.*\)</Version>.*#\1#p' Directory.Build.props)
cp "$out/SHA256SUMS" "$work/first"

sums() { (cd "$out" && sha256sum --quiet -c SHA256SUMS) && (( $(wc -l <"$out/SHA256SUMS") == 8 )); }
check "each of the eight files has its sum" sums
repeats() { packs && cmp "$out/SHA256SUMS" "$work/first"; }
check "packed again they are the same bytes" repeats

bill() {
  python3 - "$out" "$version" <<'PY'
import hashlib, json, pathlib, sys, tarfile
for arch in ("amd64", "arm64"):
    bill = json.load(open(f"{sys.argv[1]}/busbar-{sys.argv[2]}-linux-{arch}.cdx.json"))
    assert bill["bomFormat"] == "CycloneDX" and bill["metadata"]["component"]["version"] == sys.argv[2]
    names = {component["name"] for component in bill["components"]}
    assert {"YamlDotNet", "libssl-dev", "libsqlite3-dev"} <= names, names
    with tarfile.open(f"{sys.argv[1]}/busbar-{sys.argv[2]}-linux-{arch}.tar.gz") as archive:
        binary = archive.extractfile(f"busbar-{sys.argv[2]}-linux-{arch}/busbar").read()
    assert hashlib.sha256(binary).hexdigest() == bill["metadata"]["component"]["hashes"][0]["content"]
PY
}
check "each bill of materials is that of the binary beside it" bill

image() {
  python3 - "$out/busbar-$version-linux-$1.oci.tar" "$work/image-$1" "$1" <<'PY'
import gzip, hashlib, io, json, sys, tarfile
archive = tarfile.open(sys.argv[1])
def blob(descriptor):
    content = archive.extractfile("blobs/" + descriptor["digest"].replace(":", "/")).read()
    assert hashlib.sha256(content).hexdigest() == descriptor["digest"].split(":")[1] and len(content) == descriptor["size"]
    return content
[one] = json.load(archive.extractfile("index.json"))["manifests"]
manifest = json.loads(blob(one))
config = json.loads(blob(manifest["config"]))
assert config["architecture"] == sys.argv[3] and config["config"]["User"] == "65534:65534" and config["config"]["Entrypoint"] == ["/busbar"]
[layer] = manifest["layers"]
plain = gzip.decompress(blob(layer))
assert config["rootfs"]["diff_ids"] == ["sha256:" + hashlib.sha256(plain).hexdigest()]
files = tarfile.open(fileobj=io.BytesIO(plain))
assert [entry.name for entry in files if entry.isfile()] == ["busbar", "etc/ssl/certs/ca-certificates.crt"]
assert all(entry.uid == 0 and entry.mode & 0o022 == 0 for entry in files)
files.extractall(sys.argv[2])
PY
}
check "the image for x86-64 has the binary, the authorities and nothing else" image amd64
check "the image for arm64 has the binary, the authorities and nothing else" image arm64

port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
sed "s/127.0.0.1:8080/127.0.0.1:$port/" deploy/packages/config.yaml >"$work/config.yaml"
# serves COMMAND...: the configuration of the package, and the probe that containers use.
serves() {
  "$@" --validate --config "$work/config.yaml" >"$work/said" || return 1
  "$@" --config "$work/config.yaml" 2>"$work/log" &
  server=$!
  for _ in $(seq 150); do
    if "$@" --probe --config "$work/config.yaml" >"$work/said" 2>&1; then
      stops TERM
      return
    fi
    sleep 0.2
  done
  cat "$work/said" "$work/log" >&2
  stops KILL
  return 1
}
check "the binary in the image for x86-64 serves, and its probe sees it" serves "$work/image-amd64/busbar"
if command -v qemu-aarch64-static >/dev/null; then
  check "the binary in the image for arm64 serves, and its probe sees it" serves qemu-aarch64-static "$work/image-arm64/busbar"
else
  echo "skip the binary for arm64: qemu-aarch64-static is not installed"
fi

package=$out/busbar_${version/-/\~}_amd64.deb
debian() {
  [[ $(dpkg-deb -f "$package" Package Architecture Version | sed 's/.*: //' | paste -sd' ') == "busbar amd64 ${version/-/\~}" ]] &&
    dpkg-deb -c "$package" >"$work/list" && ! grep -v 'root/root' "$work/list" &&
    [[ $(dpkg-deb --ctrl-tarfile "$package" | tar -xO ./conffiles) == /etc/busbar/config.yaml ]] &&
    dpkg-deb -x "$package" "$work/deb" && [[ $(stat -c %a "$work/deb/usr/bin/busbar") == 755 ]] &&
    grep -q '^User=busbar$' "$work/deb/usr/lib/systemd/system/busbar.service" && ! grep -q DynamicUser "$work/deb/usr/lib/systemd/system/busbar.service" &&
    bash -n "$work/deb/usr/share/bash-completion/completions/busbar" && "$work/deb/usr/bin/busbar" --validate --config "$work/deb/etc/busbar/config.yaml" >&2
}
check "the Debian package has a unit, a user, a configuration that validates, and completion" debian

# In a fresh root directory, as root and with the network: two minutes, so only where it is asked for.
if [[ -z ${BUSBAR_TEST_DEBOOTSTRAP:-} ]]; then
  echo "skip the package in a fresh Debian: set BUSBAR_TEST_DEBOOTSTRAP=1, as root"
else
  check "the package is installed, upgraded, removed and purged in a fresh Debian" Busbar.Tests/Scripts/common/debian-root.sh "$package" "$work"
fi

python=$(for each in python3 /usr/bin/python3; do ! "$each" -c 'import yaml' 2>/dev/null || { echo "$each"; break; }; done)
if [[ -n $python ]]; then
  manifests() { "$python" Busbar.Tests/Scripts/common/manifests.py deploy "$work/chart.yaml" && BUSBAR_CLIENT_TOKEN=x "$binary" --validate --config "$work/chart.yaml" >"$work/said" 2>&1; }
  check "the chart renders, its parts fit together, and its configuration validates" manifests
else
  echo "skip the chart and the Compose file: python3-yaml is not installed"
fi
if command -v helm >/dev/null; then
  check "helm finds no fault with the chart" helm lint --quiet deploy/helm/busbar
else
  echo "skip helm lint: helm is not installed"
fi
exit "$bad"
