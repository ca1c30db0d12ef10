#!/usr/bin/env python3
"""Packs one binary as .deb, OCI image and tarball, each the same bytes whenever its inputs are.

usage: pack.py --arch amd64|arm64 --version VERSION --binary FILE --sbom FILE --completions DIR --ca FILE --epoch SECONDS --out DIR
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import tarfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
HERE = os.path.dirname(os.path.abspath(__file__))
NOBODY = 65534


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


class Tree:
    """Files and folders of an archive, written in the order of their names."""

    def __init__(self, prefix="", epoch=0):
        self.prefix, self.epoch, self.entries = prefix, epoch, {}

    def add(self, path, content, mode=0o644):
        parts = path.split("/")
        for depth in range(1, len(parts)):
            self.entries.setdefault("/".join(parts[:depth]), (None, 0o755))
        self.entries[path] = (content, mode)

    def folder(self, path, mode=0o755):
        self.add(path + "/x", b"")
        del self.entries[path + "/x"]
        self.entries[path] = (None, mode)

    def tar(self):
        output = io.BytesIO()
        with tarfile.open(fileobj=output, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            for path in sorted(self.entries):
                content, mode = self.entries[path]
                info = tarfile.TarInfo(self.prefix + path)
                info.mtime, info.mode, info.uname, info.gname = self.epoch, mode, "root", "root"
                if content is None:
                    info.type = tarfile.DIRTYPE
                    archive.addfile(info)
                else:
                    info.size = len(content)
                    archive.addfile(info, io.BytesIO(content))
        return output.getvalue()


def squeeze(data, epoch=0):
    output = io.BytesIO()
    with gzip.GzipFile(filename="", fileobj=output, mode="wb", compresslevel=9, mtime=epoch) as file:
        file.write(data)
    return output.getvalue()


def documents():
    """Pages and files of deployment, by their path below the project."""
    for folder in ("docs", "deploy"):
        for place, folders, files in os.walk(os.path.join(ROOT, folder)):
            folders.sort()
            for name in sorted(files):
                path = os.path.relpath(os.path.join(place, name), ROOT)
                if not path.startswith("deploy/packages/") and "__pycache__" not in path:
                    yield path
    yield from ("README.md", "CHANGELOG.md", "SECURITY.md", "LICENSE", "config.example.yaml", "providers.yaml", "prices.yaml")


def tarball(arguments, binary, sbom):
    name = f"busbar-{arguments.version}-linux-{arguments.arch}"
    tree = Tree(name + "/", arguments.epoch)
    tree.add("busbar", binary, 0o755)
    tree.add("busbar.cdx.json", sbom)
    for path in documents():
        tree.add(path, read(ROOT, path))
    for shell in ("bash", "zsh", "fish"):
        tree.add(f"completions/busbar.{shell}", read(arguments.completions, shell))
    return name + ".tar.gz", squeeze(tree.tar(), arguments.epoch)


def unit():
    text = read(ROOT, "deploy", "busbar.service").decode()
    text = text.replace("/etc/systemd/system/busbar.service: see docs/install.md", "see /usr/share/doc/busbar/docs/install.md")
    text = text.replace("file:///usr/share/doc/busbar/install.md", "file:///usr/share/doc/busbar/docs/install.md")
    # A user of the package's own, so that files for it can be given away.
    return text.replace("/usr/local/bin/busbar", "/usr/bin/busbar").replace("DynamicUser=yes\n", "User=busbar\nGroup=busbar\n").encode()


def deb(arguments, binary, sbom):
    version = arguments.version.replace("-", "~")
    tree = Tree("./", arguments.epoch)
    tree.add("usr/bin/busbar", binary, 0o755)
    tree.add("usr/lib/systemd/system/busbar.service", unit())
    tree.add("usr/lib/systemd/system/busbar.socket", read(ROOT, "deploy", "busbar.socket"))
    tree.add("etc/busbar/config.yaml", read(HERE, "config.yaml"))
    tree.add("usr/share/bash-completion/completions/busbar", read(arguments.completions, "bash"))
    tree.add("usr/share/zsh/vendor-completions/_busbar", read(arguments.completions, "zsh"))
    tree.add("usr/share/fish/vendor_completions.d/busbar.fish", read(arguments.completions, "fish"))
    for path in documents():
        tree.add(f"usr/share/doc/busbar/{path}", read(ROOT, path))
    tree.add("usr/share/doc/busbar/busbar.cdx.json", sbom)
    tree.add("usr/share/doc/busbar/copyright", read(HERE, "copyright"))

    size = sum(len(content) for content, _ in tree.entries.values() if content is not None)
    control = Tree("./", arguments.epoch)
    control.add("control", read(HERE, "control").decode().format(version=version, arch=arguments.arch, size=size // 1024).encode())
    control.add("conffiles", b"/etc/busbar/config.yaml\n")
    control.add("md5sums", "".join(
        f"{hashlib.md5(content).hexdigest()}  {path}\n" for path, (content, _) in sorted(tree.entries.items()) if content is not None and not path.startswith("etc/")).encode())
    for script in ("postinst", "prerm", "postrm"):
        control.add(script, read(HERE, script), 0o755)

    parts = [("debian-binary", b"2.0\n"), ("control.tar.gz", squeeze(control.tar(), arguments.epoch)), ("data.tar.gz", squeeze(tree.tar(), arguments.epoch))]
    package = b"!<arch>\n"
    for name, content in parts:
        package += f"{name:<16}{arguments.epoch:<12}{0:<6}{0:<6}{'100644':<8}{len(content):<10}`\n".encode() + content + b"\n" * (len(content) % 2)
    return f"busbar_{version}_{arguments.arch}.deb", package


def image(arguments, binary):
    """An OCI layout, with the manifest that docker load of any age reads."""
    layer = Tree("", arguments.epoch)
    layer.add("busbar", binary, 0o755)
    layer.add("etc/ssl/certs/ca-certificates.crt", read(arguments.ca))
    plain = layer.tar()
    packed = squeeze(plain, arguments.epoch)
    blobs = {}

    def blob(content, media):
        digest = hashlib.sha256(content).hexdigest()
        blobs[digest] = content
        return {"mediaType": media, "digest": f"sha256:{digest}", "size": len(content)}

    def text(value):
        return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()

    created = __import__("datetime").datetime.fromtimestamp(arguments.epoch, __import__("datetime").timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    layers = [blob(packed, "application/vnd.oci.image.layer.v1.tar+gzip")]
    config = blob(text({
        "created": created, "architecture": arguments.arch, "os": "linux",
        "config": {
            "User": f"{NOBODY}:{NOBODY}", "Entrypoint": ["/busbar"], "ExposedPorts": {"8080/tcp": {}}, "WorkingDir": "/",
            "Labels": {
                "org.opencontainers.image.title": "busbar", "org.opencontainers.image.version": arguments.version, "org.opencontainers.image.licenses": "AGPL-3.0-or-later",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(plain).hexdigest()}"]},
        "history": [{"created": created, "created_by": "build.sh package"}],
    }), "application/vnd.oci.image.config.v1+json")
    manifest = blob(text({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers}), "application/vnd.oci.image.manifest.v1+json")
    reference = f"busbar:{arguments.version}"
    manifest["annotations"] = {"io.containerd.image.name": f"docker.io/library/{reference}", "org.opencontainers.image.ref.name": arguments.version}
    manifest["platform"] = {"architecture": arguments.arch, "os": "linux"}

    def path(descriptor):
        return "blobs/sha256/" + descriptor["digest"].split(":")[1]

    archive = Tree("", arguments.epoch)
    archive.add("oci-layout", text({"imageLayoutVersion": "1.0.0"}))
    archive.add("index.json", text({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [manifest]}))
    archive.add("manifest.json", text([{"Config": path(config), "RepoTags": [reference], "Layers": [path(one) for one in layers]}]))
    for digest, content in blobs.items():
        archive.add(f"blobs/sha256/{digest}", content)
    return f"busbar-{arguments.version}-linux-{arguments.arch}.oci.tar", archive.tar()


def main():
    parser = argparse.ArgumentParser()
    for name in ("arch", "version", "binary", "sbom", "completions", "ca", "out"):
        parser.add_argument("--" + name, required=True)
    parser.add_argument("--epoch", type=int, required=True)
    arguments = parser.parse_args()
    binary, sbom = read(arguments.binary), read(arguments.sbom)
    results = [tarball(arguments, binary, sbom), deb(arguments, binary, sbom), image(arguments, binary), (f"busbar-{arguments.version}-linux-{arguments.arch}.cdx.json", sbom)]
    os.makedirs(arguments.out, exist_ok=True)
    for name, content in results:
        with open(os.path.join(arguments.out, name), "wb") as file:
            file.write(content)
        print(f"{hashlib.sha256(content).hexdigest()}  {name}")


main()
