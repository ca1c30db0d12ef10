"""Checks the chart and the Compose file without their tools: renders the constructs that the chart uses, and reads what comes out.
usage: manifests.py DEPLOY CONFIG_OUT; writes the configuration in the chart to CONFIG_OUT"""
import hashlib
import pathlib
import re
import sys

import yaml

deploy, out = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
chart = deploy / "helm/busbar"
info = yaml.safe_load((chart / "Chart.yaml").read_text())


def look(values, path):
    for part in path.split("."):
        values = values[part]
    return values


def render(text, values):
    """The part of Helm's language that the chart uses; anything else is left over, and fails."""
    kept, depth, shown = [], [], True
    for line in text.splitlines():
        if found := re.fullmatch(r"\s*\{\{- if (not )?\.Values\.([\w.]+) \}\}", line):
            depth.append(shown)
            shown = shown and bool(look(values, found[2])) != bool(found[1])
        elif re.fullmatch(r"\s*\{\{- end \}\}", line):
            shown = depth.pop()
        elif shown:
            kept.append(line)
    text = "\n".join(kept)
    text = re.sub(r"\s*\{\{- toYaml \.Values\.([\w.]+) \| nindent (\d+) \}\}", lambda found: "".join(
        f"\n{' ' * int(found[2])}{line}" for line in yaml.safe_dump(look(values, found[1])).splitlines()), text)
    text = re.sub(r"\{\{ toYaml \.Values\.([\w.]+) \| sha256sum \}\}", lambda found: hashlib.sha256(yaml.safe_dump(look(values, found[1])).encode()).hexdigest(), text)
    text = re.sub(r"\{\{ \.Values\.([\w.]+) \}\}", lambda found: str(look(values, found[1])), text)
    text = text.replace("{{ .Release.Name }}", "gateway")
    assert "{{" not in text, f"not understood: {text[text.index('{{'):][:80]}"
    return yaml.safe_load(text)


values = yaml.safe_load((chart / "values.yaml").read_text())
for persistent in (False, True):
    values["persistence"]["enabled"] = persistent
    made = {path.stem: render(path.read_text(), values) for path in sorted((chart / "templates").glob("*.yaml"))}
    assert (made["persistentvolumeclaim"] is not None) == persistent
    pod = made["deployment"]["spec"]["template"]["spec"]
    [container] = pod["containers"]
    assert made["deployment"]["spec"]["selector"]["matchLabels"].items() <= made["deployment"]["spec"]["template"]["metadata"]["labels"].items()
    assert made["service"]["spec"]["selector"].items() <= made["deployment"]["spec"]["template"]["metadata"]["labels"].items()
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert made["deployment"]["spec"]["strategy"]["type"] == ("Recreate" if persistent else "RollingUpdate")
    assert pod["securityContext"]["runAsNonRoot"] and container["securityContext"]["readOnlyRootFilesystem"]
    config = yaml.safe_load(made["configmap"]["data"]["config.yaml"])
    assert config["listen"].endswith(f":{container['ports'][0]['containerPort']}")
    assert pod["terminationGracePeriodSeconds"] > config["limits"]["ready_delay_secs"] + 30
    out.write_text(made["configmap"]["data"]["config.yaml"])

version = re.search(r"<Version>(.*)</Version>", (deploy.parent / "Directory.Build.props").read_text())[1]
assert info["version"] == info["appVersion"] == values["image"]["tag"] == version, "the chart has another version"
service = yaml.safe_load((deploy / "compose/compose.yaml").read_text())["services"]["busbar"]
assert service["image"] == f"busbar:{version}" and service["user"] == "65534:65534" and service["healthcheck"]["test"][1:] == ["/busbar", "--probe"]
