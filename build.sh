#!/usr/bin/env bash
# Builds, tests and measures Busbar. On Debian and its like it installs what is missing; the .NET SDK goes into .dotnet here.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
PATH="$PATH:/usr/sbin:/sbin"

usage() {
  cat <<'TEXT'
usage: ./build.sh [command]
  build         leave ./busbar, one static file (default)
  run           build, then start it in demo mode; further arguments replace --demo
  package       .deb, OCI image and tarball for x86-64 and arm64, with bills of materials and sums, in artifacts/packages; --only amd64|arm64 for one of them
  test          everything that CI runs; the last line counts the results
  bench         load comparison with nginx and a bare proxy; --quick for a short one, --only PART for some of it
  fuzz          bodies, streams, headers and files bent at random; --seconds N for each kind, --seed N for others than last time
  fleet         three processes on one PostgreSQL under load and faults; --requests N for more than 100,000 requests, then the simulation of 200
  soak          mixed traffic, faults and disconnects for ten minutes; --minutes N for longer or shorter
  layout        write Busbar/native/methods.order, the order of the methods in the binary, from samples of a gateway at work; needs perf
  bench-micro   micro benchmarks; further arguments go to BenchmarkDotNet
  mutate        break the code of one area, a change at a time, and count what the tests notice; AREA is a folder of Reliability,
                Governance or Wire, or a file in one, as in: mutate Reliability/Breaker; not part of CI
  clean         remove everything that was built
TEXT
}

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'build.sh: %s\n' "$*" >&2; exit 1; }

# Each argument is probe=package, where the probe is a command, or a file when it begins with a slash.
need() {
  local missing=() pair probe
  for pair in "$@"; do
    probe=${pair%%=*}
    if [[ $probe == /* ]]; then [[ -e $probe ]]; else command -v "$probe" >/dev/null; fi || missing+=("${pair#*=}")
  done
  (( ${#missing[@]} )) || return 0
  command -v apt-get >/dev/null || die "missing: ${missing[*]} (these are the Debian package names; install the equivalents)"
  if (( EUID != 0 )); then
    command -v sudo >/dev/null || die "not root and no sudo; run as root: apt-get install ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  as_root apt-get update -q >&2
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${missing[@]}" >&2
}

# The SDK of this machine, or the version that global.json pins, fetched with the vendor's script into .dotnet here.
need_sdk() {
  local version script
  if ! has_sdk; then
    version=$(sed -n 's/.*"version": *"\([^"]*\)".*/\1/p' global.json)
    if [[ ! -x .dotnet/dotnet || ! -d .dotnet/sdk/$version ]]; then
      need curl=curl /etc/ssl/certs/ca-certificates.crt=ca-certificates
      say "the .NET SDK is missing: fetching $version from $sdk_script_url into .dotnet"
      mkdir -p artifacts
      script=artifacts/dotnet-install.sh
      curl -fsSL --retry 2 --connect-timeout 20 -o "$script" "$sdk_script_url" ||
        die "cannot fetch $sdk_script_url; install the .NET SDK $version yourself, or name a mirror of the script in BUSBAR_DOTNET_INSTALL_URL"
      bash "$script" --version "$version" --install-dir .dotnet --no-path >&2 ||
        die "the install script could not fetch the .NET SDK $version; install it yourself (https://dotnet.microsoft.com/download/dotnet/10.0)"
      [[ -x .dotnet/dotnet ]] || die "the install script left no .dotnet/dotnet; install the .NET SDK $version yourself"
    fi
    export DOTNET_ROOT=$PWD/.dotnet PATH="$PWD/.dotnet:$PATH"
    # The runtime asks for ICU where it is installed by hand; the tools do without.
    export DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1
  fi
}

sdk_script_url=${BUSBAR_DOTNET_INSTALL_URL:-https://dot.net/v1/dotnet-install.sh}

# Whether a .NET SDK that global.json accepts is on PATH.
has_sdk() { command -v dotnet >/dev/null && dotnet --version >/dev/null 2>&1; }

need_native() {
  need gcc=gcc ld.lld=lld cmake=cmake make=make /usr/include/stdio.h=libc6-dev /usr/include/openssl/ssl.h=libssl-dev \
    /usr/include/sqlite3.h=libsqlite3-dev
}

# OpenSSL and SQLite end up inside the binary: a build with older ones than the archive has would ship their known holes.
need_current() {
  command -v apt-cache >/dev/null || { say "no apt here: see yourself that OpenSSL and SQLite are current"; return 0; }
  local seen=artifacts/archive-seen package policy old=()
  if [[ -z $(find "$seen" -mtime -1 2>/dev/null) ]]; then
    mkdir -p artifacts
    if as_root apt-get update -q >&2; then
      touch "$seen"
    elif [[ -n ${BUSBAR_BUILD_OFFLINE:-} ]]; then
      say "the package archive cannot be reached: OpenSSL and SQLite are taken as they are (BUSBAR_BUILD_OFFLINE)"
    else
      die "cannot ask the package archive whether OpenSSL and SQLite are current; set BUSBAR_BUILD_OFFLINE=1 to build with what is installed"
    fi
  fi
  for package in "${linked[@]}"; do
    policy=$(LC_ALL=C apt-cache policy "$package")
    [[ $(sed -n 's/^ *Installed: *//p' <<<"$policy") == "$(sed -n 's/^ *Candidate: *//p' <<<"$policy")" ]] || old+=("$package")
  done
  (( ${#old[@]} )) || return 0
  say "updating ${old[*]}"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends --only-upgrade "${old[@]}" >&2 ||
    die "older than the archive's and not updated: ${old[*]}; update them, because they become part of the binary"
}

linked=(libssl-dev libssl3 libsqlite3-dev libsqlite3-0)

as_root() {
  if (( EUID == 0 )); then "$@"; else sudo "$@"; fi
}

# The last commit that changed what the binary is made of; nothing outside a repository.
revision() {
  git log -1 --format=%H -- Busbar ./*.props ./*.yaml build.sh 2>/dev/null || true
}

# Everything that decides what the binary contains, contents included.
inputs() {
  { find Busbar \( -name bin -o -name obj \) -prune -o -type f -print0
    find . -maxdepth 1 -type f \( -name '*.props' -o -name '*.yaml' -o -name build.sh -o -name global.json \) -print0
  } | LC_ALL=C sort -z | xargs -0 sha256sum | { cat; linked_versions; revision; } | sha256sum
}

# One line for each library from the system: name and version.
linked_versions() {
  ! command -v dpkg-query >/dev/null || dpkg-query -W -f '${Package} ${Version}\n' libssl-dev libsqlite3-dev libc6-dev 2>/dev/null || true
}

build() {
  local now
  need_native
  need_current
  now=$(inputs)
  if [[ -x busbar && -f artifacts/inputs && $(<artifacts/inputs) == "$now" ]]; then
    say "./busbar is up to date"
    return
  fi
  need_sdk
  need python3=python3
  say "publishing ./busbar"
  mkdir -p artifacts
  # The native link is not repeated when only its options change.
  rm -rf artifacts/publish Busbar/obj/Release/net10.0/*/native Busbar/bin/Release/net10.0/*/native
  if ! dotnet publish Busbar/Busbar.csproj -c Release -o artifacts/publish -p:SourceRevisionId="$(revision)" >artifacts/publish.log 2>&1; then
    cat artifacts/publish.log >&2
    die "publish failed"
  fi
  if grep -E 'warning (IL|CS|CA|IDE)[0-9]+' artifacts/publish.log >&2; then
    die "publish gave warnings"
  fi
  linked_versions | python3 deploy/sbom.py Busbar/obj/project.assets.json artifacts/publish/busbar >artifacts/busbar.cdx.json
  # By rename, so that a running ./busbar does not stand in the way.
  mv -f artifacts/publish/busbar busbar
  printf '%s\n' "$now" >artifacts/inputs
  say "./busbar: $(($(stat -c %s busbar) / 1024)) KiB"
}

version() { sed -n 's#.*<Version>\(.*\)</Version>.*#\1#p' Directory.Build.props; }

# Everything that users install. The same source, libraries and SOURCE_DATE_EPOCH give the same bytes.
package() {
  local only='' arch epoch out=artifacts/packages shell
  while (( $# )); do
    case $1 in
      --only) only=${2:?} ;;
      *) die "package takes --only amd64 or --only arm64" ;;
    esac
    shift 2
  done
  source deploy/packages/cross-arm64.sh
  need python3=python3 /etc/ssl/certs/ca-certificates.crt=ca-certificates
  build
  need_sdk
  epoch=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 0)}
  rm -rf "$out" artifacts/completions
  mkdir -p "$out" artifacts/completions
  for shell in bash zsh fish; do ./busbar completion "$shell" >"artifacts/completions/$shell"; done
  for arch in amd64 arm64; do
    [[ -z $only || $only == "$arch" ]] || continue
    local binary=busbar sbom=artifacts/busbar.cdx.json
    if [[ $arch == arm64 ]]; then
      build_arm64
      binary=$arm64/busbar sbom=$arm64/busbar.cdx.json
    fi
    python3 deploy/packages/pack.py --arch "$arch" --version "$(version)" --binary "$binary" --sbom "$sbom" --completions artifacts/completions \
      --ca /etc/ssl/certs/ca-certificates.crt --epoch "$epoch" --out "$out" >/dev/null
  done
  (cd "$out" && LC_ALL=C sha256sum ./*.deb ./*.tar ./*.gz ./*.json | sed 's# \./# #' >SHA256SUMS)
  say "$out: $(find "$out" -type f | wc -l) files"
}

passed=0 failed=0 skipped=0
count() { passed=$((passed + $1)) failed=$((failed + $2)) skipped=$((skipped + $3)); }

attribute() { sed -n "s/.*<Counters[^>]* $1=\"\([0-9]*\)\".*/\1/p" "$2"; }

unit_tests() {
  local results=artifacts/test-results trx status=0 total done ok
  rm -rf "$results"
  # Debug: the assertions in the product are part of the test.
  dotnet test Busbar.Tests/Busbar.Tests.csproj -c Debug --logger "trx;LogFileName=unit.trx" --results-directory "$results" || status=$?
  trx=$results/unit.trx
  if [[ ! -f $trx ]]; then
    say "the unit tests did not build or did not run"
    count 0 1 0
    return
  fi
  total=$(attribute total "$trx") done=$(attribute executed "$trx") ok=$(attribute passed "$trx")
  count "$ok" $((done - ok)) $((total - done))
  if (( status != 0 && done == ok )); then
    say "the test run itself failed"
    count 0 1 0
  fi
}

# A script prints "ok NAME", "not ok NAME" or "skip NAME: WHY" for each thing it checks, and fails when one does.
script_tests() {
  local script log status
  for script in Busbar.Tests/Scripts/*.sh; do
    [[ -e $script ]] || continue
    say "$script"
    log=artifacts/$(basename "$script").log
    status=0
    "$script" ./busbar >"$log" || status=$?
    cat "$log"
    local ok bad out
    ok=$(grep -c '^ok ' "$log" || true) bad=$(grep -c '^not ok ' "$log" || true) out=$(grep -c '^skip ' "$log" || true)
    (( status != 0 && bad == 0 )) && bad=1
    count "$ok" "$bad" "$out"
  done
}

# The vendors' own JavaScript clients, frameworks, and agents as their users run them, against the binary.
sdk_tests() {
  [[ -f Busbar.Tests/Sdk/package.json ]] || return 0
  need node=nodejs npm=npm
  if ! node -e 'process.exit(process.versions.node.split(".")[0] >= 20 && require("zlib").crc32 ? 0 : 1)'; then
    say "Busbar.Tests/Sdk needs Node 20.15 or later, this is $(node --version): skipped"
    count 0 0 1
    return
  fi
  local log=artifacts/sdk.log status=0
  say "Busbar.Tests/Sdk"
  # Large packages, on whose being there nothing depends: their tests are skipped where they are not.
  local folder
  for folder in Agents Frameworks; do
    # Not npm ci, which insists on the optional packages of all other platforms, whether the registry has them or not.
    (cd "Busbar.Tests/Sdk/$folder" && npm install --no-save --ignore-scripts --no-audit --no-fund >&2) || say "the packages of Busbar.Tests/Sdk/$folder cannot be installed"
  done
  dotnet build Busbar.Tests/Sdk/Frameworks/DotNet -c Release -o Busbar.Tests/Sdk/Frameworks/DotNet/bin -v q --nologo >&2 || say "the frameworks for .NET cannot be built"
  (cd Busbar.Tests/Sdk && npm ci --no-audit --no-fund >&2 && BUSBAR="$OLDPWD/busbar" node --test --test-reporter=tap) >"$log" || status=$?
  grep -E -A 14 '^ *not ok ' "$log" || true
  grep -E '^# (pass|fail|skipped) ' "$log" || true
  local ok bad out
  ok=$(sed -n 's/^# pass //p' "$log") bad=$(sed -n 's/^# fail //p' "$log") out=$(sed -n 's/^# skipped //p' "$log")
  (( status != 0 && ${bad:-0} == 0 )) && bad=1
  count "${ok:-0}" "${bad:-0}" "${out:-0}"
}

# The page for people, in a browser.
browser_tests() {
  [[ -f Busbar.Tests/Browser/package.json ]] || return 0
  # A large package, which a machine may do without: then its tests are skipped.
  (need chromium=chromium node=nodejs npm=npm) || say "chromium cannot be installed; Busbar.Tests/Browser is skipped"
  command -v node >/dev/null && command -v npm >/dev/null || { say "no node: Busbar.Tests/Browser is skipped"; count 0 0 1; return; }
  local log=artifacts/browser.log status=0
  say "Busbar.Tests/Browser"
  (cd Busbar.Tests/Browser && npm ci --ignore-scripts --no-audit --no-fund >&2 && BUSBAR="$OLDPWD/busbar" node --test --test-reporter=tap) >"$log" || status=$?
  grep -E -A 14 '^ *not ok ' "$log" || true
  grep -E '^# (pass|fail|skipped) ' "$log" || true
  local ok bad out
  ok=$(sed -n 's/^# pass //p' "$log") bad=$(sed -n 's/^# fail //p' "$log") out=$(sed -n 's/^# skipped //p' "$log")
  (( status != 0 && ${bad:-0} == 0 )) && bad=1
  count "${ok:-0}" "${bad:-0}" "${out:-0}"
}

run_tests() {
  mkdir -p artifacts
  need_sdk
  need curl=curl readelf=binutils python3=python3
  # A large package for one of the scripts, which does without it when it must.
  (need promtool=prometheus nginx=nginx-light haproxy=haproxy) || say "promtool, nginx or haproxy cannot be installed; the scripts skip what needs them"
  (need openssl=openssl tinyproxy=tinyproxy squid=squid unshare=util-linux ip=iproute2) || say "tinyproxy or squid cannot be installed; the scripts skip what needs them"
  (need qemu-aarch64-static=qemu-user-static /usr/lib/python3/dist-packages/yaml=python3-yaml) || say "qemu or PyYAML cannot be installed; the scripts skip what needs them"
  (need /usr/lib/postgresql=postgresql pgbouncer=pgbouncer) || say "postgresql or pgbouncer cannot be installed; the tests skip what needs them"
  (need /usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1=libfaketime) || say "libfaketime cannot be installed; the tests skip what needs it"
  if (build); then count 1 0 0; else count 0 1 0; fi
  unit_tests
  [[ ! -x busbar ]] || script_tests
  [[ ! -x busbar ]] || sdk_tests
  [[ ! -x busbar ]] || browser_tests
  if (( skipped )); then
    printf '%d passed, %d failed, %d skipped\n' "$passed" "$failed" "$skipped"
  else
    printf '%d passed, %d failed\n' "$passed" "$failed"
  fi
  (( failed == 0 && passed > 1 ))
}

# The mock provider and the load client.
load_tools() {
  need gcc=gcc python3=python3
  mkdir -p artifacts/bench
  gcc -O2 -Wall -Wextra -Werror -o artifacts/bench/upstream Busbar.Benchmarks/load/mock/*.c
  gcc -O2 -Wall -Wextra -Werror -o artifacts/bench/client Busbar.Benchmarks/load/client/client.c
}

bench() {
  need_sdk
  need_native
  need wrk=wrk nginx=nginx-light openssl=openssl
  build
  dotnet publish Busbar.Benchmarks/load/bare-proxy/BareProxy.csproj -c Release -o artifacts/bench >artifacts/bench.log 2>&1 ||
    { cat artifacts/bench.log >&2; die "publishing the bare proxy failed"; }
  load_tools
  exec python3 Busbar.Benchmarks/load/compare.py --busbar ./busbar --tools artifacts/bench "$@"
}

# Worth doing again when the way of a request through the code has changed: what the file does not name lies behind the rest.
layout() {
  need_sdk
  need_native
  need perf=linux-perf nm=binutils nginx=nginx-light openssl=openssl
  load_tools
  mkdir -p artifacts/layout
  say "publishing a binary with symbols"
  rm -rf Busbar/obj/Release/net10.0/*/native Busbar/bin/Release/net10.0/*/native
  dotnet publish Busbar/Busbar.csproj -c Release -o artifacts/layout -p:StripSymbols=false >artifacts/layout.log 2>&1 ||
    { cat artifacts/layout.log >&2; die "publish failed"; }
  python3 Busbar.Benchmarks/load/layout.py --busbar artifacts/layout/busbar --tools artifacts/bench --output Busbar/native/methods.order
}

# Each kind of input for as long as told; a case that fails is printed with its number and its seed, which repeat it.
fuzz() {
  local seconds=60 seed=$((RANDOM * 32768 + RANDOM + 1))
  while (( $# )); do
    case $1 in
      --seconds) seconds=${2:?} ;;
      --seed) seed=${2:?} ;;
      *) die "fuzz takes --seconds N and --seed N" ;;
    esac
    shift 2
  done
  need_sdk
  say "fuzzing each kind of input for $seconds s with seed $seed"
  BUSBAR_FUZZ_SECONDS=$seconds BUSBAR_FUZZ_SEED=$seed exec dotnet test Busbar.Tests/Busbar.Tests.csproj -c Debug --filter "FullyQualifiedName~Fuzz|FullyQualifiedName~Hostile"
}

# Limits that several processes share: for real, and then at a size that no machine holds.
fleet() {
  local requests=100000
  while (( $# )); do
    case $1 in
      --requests) requests=${2:?} ;;
      *) die "fleet takes --requests N" ;;
    esac
    shift 2
  done
  build
  need_sdk
  need /usr/lib/postgresql=postgresql
  say "progress is in artifacts/fleet-storm.log"
  BUSBAR_FLEET_REQUESTS=$requests dotnet test Busbar.Tests/Busbar.Tests.csproj -c Debug --filter "FullyQualifiedName~FleetStorm"
  exec dotnet run -c Release --project Busbar.Benchmarks -- fleet
}

soak() {
  need_sdk
  need_native
  load_tools
  build
  exec python3 Busbar.Benchmarks/load/soak.py --busbar ./busbar --tools artifacts/bench "$@"
}

# Breaks one folder or file and runs the tests of its area; fails below 80 of 100. The report is in artifacts/mutation.
mutate() {
  local area=${1:-Reliability/Breaker} out=$PWD/artifacts/mutation glob
  (( $# <= 1 )) || die "mutate takes one folder or file"
  [[ $area =~ ^(Reliability|Governance|Wire)(/[A-Za-z]+)*(/[A-Za-z.]+\.cs)?$ && -e Busbar/$area ]] ||
    die "mutate takes a folder of Reliability, Governance or Wire, or a file in one"
  [[ $area != Governance/Store* ]] || die "tests of the store break files and ask real databases: minutes for each change"
  need_sdk
  # In a copy of what these areas are made of, a third of the project, where all else is marked: left to itself the tool builds and changes
  # everything, and takes minutes to withdraw what does not compile. Tests that need the rest of it, or a real database, stay out; so do those
  # over recorded traffic, which does not lie beside the copy.
  rm -rf "$out"
  mkdir -p "$out/tree"
  cp -r --parents -t "$out/tree" Busbar/{Wire,Ir,Reliability,Governance,Configuration/Model} Busbar.Tests/{Wire,Reliability,Governance} \
    Busbar/Configuration/{ConfigOrigin,ConfigOrigins,SourceLocation}.cs Busbar/ProductVersion.cs \
    Busbar/Observability/Metrics/{GovernanceFigures,IGovernanceFigures,KeyFigures}.cs \
    Busbar.Tests/{Allocations.cs,Corpus.cs,CorpusExchange.cs,CorpusRequest.cs,Busbar.Tests.csproj,xunit.runner.json} \
    .config Directory.Build.props global.json busbar.sln
  cat - <(grep '<PackageReference' Busbar/Busbar.csproj) >"$out/tree/Busbar/Busbar.csproj" <<'XML'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><AllowUnsafeBlocks>true</AllowUnsafeBlocks></PropertyGroup>
  <ItemGroup>
    <FrameworkReference Include="Microsoft.AspNetCore.App" />
    <InternalsVisibleTo Include="Busbar.Tests" />
XML
  cd "$out/tree"
  printf '  </ItemGroup>\n</Project>\n' >>Busbar/Busbar.csproj
  rm -rf Busbar.Tests/Governance/{Store,LargeStoreTests.cs,SqliteCrashTests.cs}
  grep -rlE 'Postgres|Scenarios|ProcessGauges' Busbar.Tests/{Wire,Reliability,Governance} | xargs rm
  find Busbar -name '*.cs' ! -path "Busbar/$area" ! -path "Busbar/$area/*" -exec sed -i '1i // Stryker disable all' {} +
  [[ $area == *.cs ]] && glob=$area || glob="$area/**/*.cs"
  cat >mutation.json <<JSON
{ "stryker-config": {
  "project": "Busbar.csproj", "configuration": "Debug", "mutate": ["$glob"],
  "test-case-filter": "FullyQualifiedName~Busbar.Tests.${area%%/*}", "additional-timeout": 5000,
  "reporters": ["json", "html", "cleartext"], "thresholds": { "high": 90, "low": 80, "break": 80 } } }
JSON
  dotnet tool restore >&2
  cd Busbar.Tests
  # On a busy machine the tool takes a slow "dotnet --info" for a missing SDK, and a slow start of the tests for their end.
  DOTNET_INFO_WAIT_TIME=120000 VSTEST_CONNECTION_TIMEOUT=900 RunAnalyzers=false exec nice -n 15 dotnet stryker -f ../mutation.json -O "$out"
}

command=${1:-build}
(( $# )) && shift
case $command in
  build) build ;;
  run) build; (( $# )) || set -- --demo; exec ./busbar "$@" ;;
  package) package "$@" ;;
  test) run_tests ;;
  bench) bench "$@" ;;
  fuzz) fuzz "$@" ;;
  fleet) fleet "$@" ;;
  soak) soak "$@" ;;
  layout) layout ;;
  mutate) mutate "$@" ;;
  bench-micro)
    need_sdk
    need_native
    (( $# )) || set -- --filter '*'
    exec dotnet run -c Release --project Busbar.Benchmarks -- "$@" ;;
  clean) rm -rf busbar artifacts BenchmarkDotNet.Artifacts; find . -path ./.git -prune -o -type d \( -name bin -o -name obj -o -name TestResults -o -name node_modules \) -prune -exec rm -rf {} + ;;
  -h|--help|help) usage ;;
  *) usage >&2; exit 2 ;;
esac
