"""Asks Prometheus for every panel of the Grafana board and fails for one that has neither data nor a reason. usage: board.py BOARD PROMETHEUS"""
import json
import re
import sys
import urllib.parse
import urllib.request

# Series that exist only once something happened that a minute of traffic has not in it, as docs/observability.md says of each.
ABSENT = {
    "busbar_followups_total": "no request went on from a kept answer",
    "busbar_shed_total": "nothing was turned away",
    "busbar_denied_betas_total": "no provider denies a beta",
    "busbar_pool_queued": "nobody waited for a permit",
    "busbar_tls_certificate_expiry_timestamp_seconds": "no certificate is served",
    "busbar_usage_estimated_total": "every provider counted",
    "busbar_hedges_total": "no pool calls a second lane",
    "busbar_token_rejections_total": "no issuer of tokens is trusted",
    "busbar_jwks_fetches_total": "no issuer of tokens is trusted",
    "busbar_request_log_lines_dropped_total": "no line was dropped",
    "busbar_config_reloads_total": "the configuration was not read again",
}

board = json.load(open(sys.argv[1]))
bad = 0
for panel in board["panels"]:
    for target in panel.get("targets", []):
        query = target["expr"].replace("$__rate_interval", "30s").replace("$instance", ".*").replace("$pool", ".*")
        address = f"{sys.argv[2]}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        found = json.load(urllib.request.urlopen(address, timeout=10))["data"]["result"]
        values = [one["value"][1] for one in found]
        names = re.findall(r"\b(?:busbar|process)_\w+", query)
        if not values and not any(name in ABSENT for name in names):
            print(f"{panel['title']}: no data for {query}", file=sys.stderr)
            bad = 1
sys.exit(bad)
