#!/usr/bin/env python3
"""Writes a CycloneDX 1.6 bill of materials of the binary to standard output.

usage: sbom.py project.assets.json BINARY [VERSION] < "name version" lines of the libraries that the system linked in

The result depends on nothing but its inputs, so that two builds of one source can be compared.
"""
import hashlib
import json
import subprocess
import sys
import uuid


def nuget_components(assets):
    """The packages the project resolved, the compiler's and the runtime's own among them."""
    seen = {}
    for key, library in assets["libraries"].items():
        name, version = key.split("/")
        if library["type"] == "package":
            seen[name] = version
    for framework in assets["project"]["frameworks"].values():
        for pack in framework.get("downloadDependencies", []):
            seen.setdefault(pack["name"], pack["version"].strip("[]").split(",")[0])
    return [component(name, version, f"pkg:nuget/{name}@{version}") for name, version in sorted(seen.items())]


def system_components(lines):
    pairs = sorted(line.split() for line in lines if line.strip())
    return [component(name, version, f"pkg:deb/debian/{name}@{version.replace(':', '%3A').replace('+', '%2B')}") for name, version in pairs]


def component(name, version, purl):
    return {"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl}


def main():
    assets_path, binary = sys.argv[1:3]
    with open(assets_path, encoding="utf-8") as file:
        assets = json.load(file)
    with open(binary, "rb") as file:
        digest = hashlib.sha256(file.read()).hexdigest()
    # A binary for another machine cannot be asked.
    version = sys.argv[3] if len(sys.argv) > 3 else subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    components = nuget_components(assets) + system_components(sys.stdin)
    json.dump({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "busbar", "name": "busbar", "version": version,
            "licenses": [{"license": {"id": "AGPL-3.0-or-later"}}],
            "hashes": [{"alg": "SHA-256", "content": digest}],
        }},
        "components": components,
        "dependencies": [{"ref": "busbar", "dependsOn": [entry["bom-ref"] for entry in components]}],
    }, sys.stdout, indent=2)
    print()


main()
