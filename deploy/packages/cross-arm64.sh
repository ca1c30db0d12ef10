#!/usr/bin/env bash
# Sourced by build.sh: what is needed to link for arm64 on another machine, in artifacts/arm64. The libraries come from Debian's archive for arm64 with a state of their own, so that nothing is installed.
arm64=$PWD/artifacts/arm64
arm64_libraries=(libc6 libc6-dev linux-libc-dev libssl-dev libssl3 libsqlite3-dev libgcc-s1)

apt_arm64() {
  local options=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State=$arm64/apt" -o "Dir::State::status=$arm64/apt/status" -o "Dir::Cache=$arm64/apt/cache" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" "$@"
}

need_arm64() {
  need aarch64-linux-gnu-gcc=gcc-aarch64-linux-gnu ld.lld=lld cmake=cmake make=make
  command -v apt-get >/dev/null || die "the libraries for arm64 come from Debian's archive, which needs apt-get"
  if [[ -z $(find "$arm64/seen" -mtime -1 2>/dev/null) ]]; then
    say "fetching the libraries for arm64 into artifacts/arm64"
    rm -rf "$arm64"
    mkdir -p "$arm64"/{apt/lists/partial,apt/cache/archives/partial,packages,root,tools}
    : >"$arm64/apt/status"
    apt_arm64 update -q >&2 || die "the package archive for arm64 cannot be reached"
    (cd "$arm64/packages" && apt_arm64 download "${arm64_libraries[@]}" >&2) || die "the libraries for arm64 cannot be fetched"
    local package
    for package in "$arm64"/packages/*.deb; do
      dpkg-deb -x "$package" "$arm64/root"
    done
    # The links to libraries beside each other are absolute in none of them; the loader's is not needed.
    for package in "$arm64"/packages/*.deb; do
      dpkg-deb -f "$package" Package Version | sed 's/^[A-Za-z]*: //' | paste -sd' '
    done | grep -E '^(libssl-dev|libsqlite3-dev|libc6-dev) ' >"$arm64/linked"
    ln -s "$(command -v ld.lld)" "$arm64/tools/ld.lld"
    ln -s "$(command -v ld.lld)" "$arm64/tools/aarch64-linux-gnu-ld.lld"
    # The compiler's own driver does not know --target, which is meant for clang.
    cat >"$arm64/tools/cc" <<SH
#!/usr/bin/env bash
arguments=()
for argument in "\$@"; do
  [[ \$argument == --target=* ]] || arguments+=("\$argument")
done
libraries=$arm64/root/usr/lib/aarch64-linux-gnu
exec aarch64-linux-gnu-gcc --sysroot=$arm64/root -B$arm64/tools -B\$libraries -L\$libraries -L$arm64/root/lib/aarch64-linux-gnu -isystem $arm64/root/usr/include/aarch64-linux-gnu "\${arguments[@]}"
SH
    chmod +x "$arm64/tools/cc"
    cat >"$arm64/toolchain.cmake" <<CMAKE
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER $arm64/tools/cc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH $arm64/root)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
CMAKE
    touch "$arm64/seen"
  fi
}

# Leaves artifacts/arm64/busbar and its bill of materials.
build_arm64() {
  need_arm64
  local now
  now=$({ inputs; cat "$arm64/linked"; } | sha256sum)
  if [[ -x $arm64/busbar && -f $arm64/inputs && $(<"$arm64/inputs") == "$now" ]]; then
    say "busbar for arm64 is up to date"
    return
  fi
  say "publishing busbar for arm64"
  rm -rf "$arm64/publish" Busbar/obj/Release/net10.0/linux-arm64/native Busbar/bin/Release/net10.0/linux-arm64/native
  if ! PATH="$arm64/tools:$PATH" CMAKE_TOOLCHAIN_FILE=$arm64/toolchain.cmake dotnet publish Busbar/Busbar.csproj -c Release -r linux-arm64 -o "$arm64/publish" \
    -p:CppCompilerAndLinker="$arm64/tools/cc" -p:ObjCopyName=aarch64-linux-gnu-objcopy -p:SourceRevisionId="$(revision)" >"$arm64/publish.log" 2>&1; then
    cat "$arm64/publish.log" >&2
    die "publish for arm64 failed"
  fi
  python3 deploy/sbom.py Busbar/obj/project.assets.json "$arm64/publish/busbar" "$(version)" <"$arm64/linked" >"$arm64/busbar.cdx.json"
  mv -f "$arm64/publish/busbar" "$arm64/busbar"
  printf '%s\n' "$now" >"$arm64/inputs"
}
