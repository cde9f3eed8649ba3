#!/usr/bin/env bash
# The one command that checks everything, here as in continuous integration.
#
#     tests/run.sh [STEP...]        steps: format lint mypy pyright pytest docs pythons
#                                          bindings; quick
#
# Without a step: all of them. `quick` is pytest without what is live or slow.
# CI=true: nothing may be skipped for want of root, tools or packages.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
. examples/prepare.sh

LOGS=$(mktemp -d)
trap '[ -z "$LANE" ] || kill -- "-$LANE" 2>/dev/null; rm -rf "$LOGS"' EXIT
NOT_QUICK="not live and not slow and not docs and not examples"
TOOLS=(
    tshark=tshark dumpcap=wireshark-common tcpdump=tcpdump tcpreplay=tcpreplay nmap=nmap
    ip=iproute2 ethtool=ethtool ping=iputils-ping arping=iputils-arping traceroute=traceroute
    curl=curl dig=bind9-dnsutils sysctl=procps nft=nftables
)
# What other programs say of the same bytes does not depend on the CPython that made them.
NO_PROGRAMS="$NOT_QUICK and not needs"
PYTHONS=(3.10 3.11 3.12 3.13 3.14)
# Steps that are taken while pytest runs, which waits half of its time, for devices and processes.
BESIDE=" mypy pyright docs pythons "
SUMMARY=()
NOTES=()
FAILED=0
LANE=

in_ci() { [ "${CI:-}" = true ] || [ "${CI:-}" = 1 ]; }

# step TITLE COMMAND...: runs it under a title, keeps what it says, counts time and failure.
step() {
    local title=$1 started=$SECONDS result=ok
    shift
    printf '\n==> %s\n' "$title"
    "$@" 2>&1 | tee "$LOGS/$title"
    [ "${PIPESTATUS[0]}" -eq 0 ] || { result=FAILED; FAILED=1; }
    SUMMARY+=("$(printf '%-7s %4d s  %s' "$result" $((SECONDS - started)) "$title")")
}

# lacking TEXT: something could not be had: a failure in CI, a note elsewhere.
lacking() {
    NOTES+=("$1")
    if in_ci; then FAILED=1; fi
}

run_format() { step "ruff format" .venv/bin/ruff format --check .; }
run_lint() { step "ruff check" .venv/bin/ruff check .; }
run_mypy() { step "mypy --strict" .venv/bin/mypy --strict umpa tests examples; }
run_pyright() {
    PYRIGHT_PYTHON_IGNORE_WARNINGS=1 step "pyright" \
        .venv/bin/pyright --pythonpath .venv/bin/python umpa tests examples
}
run_pytest() { step "pytest" .venv/bin/python -m pytest; }
run_quick() { step "pytest (quick)" .venv/bin/python -m pytest -m "$NOT_QUICK"; }
run_docs() {
    step "documentation" .venv/bin/python -m sphinx -W --keep-going -q -E docs docs/_build/html
}

# run_pythons: the quick part on the other CPythons of this machine, side by side.
run_pythons() {
    local version python versions=() pids=() n
    for version in "${PYTHONS[@]}"; do
        [ "$version" != "$(version_of .venv/bin/python)" ] || continue
        if ! python=$(find_python "$version"); then
            NOTES+=("CPython $version is not installed: not tested on it")
        elif ! prepare_venv ".venv-$version" "$python" quick; then
            lacking "CPython $version could not be prepared: not tested on it"
        else
            ".venv-$version/bin/python" -m pytest -p no:cacheprovider -m "$NO_PROGRAMS" \
                --hypothesis-profile=few >"$LOGS/pytest (quick) on CPython $version" 2>&1 &
            versions+=("$version") pids+=($!)
        fi
    done
    for n in "${!versions[@]}"; do
        wait "${pids[n]}"
        step "CPython ${versions[n]}" report $? "$LOGS/pytest (quick) on CPython ${versions[n]}"
    done
}

# run_bindings: the live tests of libpcap where only the other binding is to be had.
run_bindings() {
    local version=3.13 python
    if ! python=$(find_python "$version"); then
        NOTES+=("CPython $version is not installed: libpcap was not tested on it")
    elif ! prepare_venv ".venv-$version" "$python" quick; then
        lacking "CPython $version could not be prepared: libpcap was not tested on it"
    else
        step "libpcap on CPython $version" ".venv-$version/bin/python" -m pytest -p no:cacheprovider \
            tests/link/libpcap tests/link/test_live.py
    fi
}

# lane STEP...: steps one after the other, which leave the processors to others; what came of it
# is written down for `join_lane`.
lane() {
    local name
    renice -n 10 "$BASHPID" >/dev/null
    for name in "$@"; do "run_$name"; done
    declare -p SUMMARY NOTES FAILED | sed 's/^declare -[-a]* /LANE_/' >"$LOGS/.lane"
}

# start_lane STEP...: a lane in the background, with what it says kept until it is joined.
start_lane() {
    set -m # a group of processes of its own, which ends with this one
    lane "$@" >"$LOGS/.said" 2>&1 </dev/null &
    LANE=$!
    set +m
}

# join_lane: waits for the lane, and says what it said.
join_lane() {
    local LANE_SUMMARY=() LANE_NOTES=() LANE_FAILED=1
    wait "$LANE"
    LANE=
    cat "$LOGS/.said"
    [ ! -f "$LOGS/.lane" ] || . "$LOGS/.lane"
    SUMMARY+=("${LANE_SUMMARY[@]}") NOTES+=("${LANE_NOTES[@]}")
    [ "$LANE_FAILED" -eq 0 ] || FAILED=1
}

# report STATUS LOG: how a program ended: its last line, or all it said where it failed.
report() {
    if [ "$1" -eq 0 ]; then tail -n 1 "$2"; else cat "$2"; fi
    return "$1"
}

# find_python VERSION: its interpreter, of pyenv or on the path.
find_python() {
    local python
    for python in "${PYENV_ROOT:-$HOME/.pyenv}"/versions/"$1".*/bin/python "python$1"; do
        if [ "$(version_of "$python")" = "$1" ]; then
            echo "$python"
            return 0
        fi
    done
    return 1
}

summary() {
    local line
    printf '\n==> summary\n'
    for line in "${SUMMARY[@]}"; do printf '  %s\n' "$line"; done
    cat "$LOGS"/pytest* 2>/dev/null | grep '^SKIPPED' | sort -u | sed 's/^/  /'
    for line in "${NOTES[@]}"; do printf '  NOTE    %s\n' "$line"; done
    tail -qn1 "$LOGS"/pytest* 2>/dev/null
    if [ "$FAILED" -eq 0 ]; then echo "all is well"; else echo "something FAILED"; fi
}

steps=("$@")
[ $# -gt 0 ] || steps=(format lint mypy pyright pytest docs pythons bindings)
for name in "${steps[@]}"; do
    declare -F "run_$name" >/dev/null || { say "umpa: there is no step '$name'"; exit 2; }
done
system_packages "${TOOLS[@]}" || lacking "missing: $(missing_packages "${TOOLS[@]}" | xargs)"
python=$(choose_python) || exit 1
prepare_venv .venv "$python" test,docs || exit 1
beside=" "
if [[ " ${steps[*]} " = *" pytest "* ]]; then
    for name in "${steps[@]}"; do
        [[ $BESIDE != *" $name "* ]] || beside+="$name "
    done
    start_lane $beside
fi
for name in "${steps[@]}"; do
    [[ $beside = *" $name "* ]] || "run_$name"
    [ "$name" != pytest ] || join_lane
done
summary
exit "$FAILED"
