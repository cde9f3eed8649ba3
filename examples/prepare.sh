# Sourced by examples/run.sh and tests/run.sh: brings what is missing, and nothing that is there.
# Needs no network once everything is there.

export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUTF8=1

say() { printf '%s\n' "$*" >&2; }

# quietly COMMAND...: shows what it says only where it fails.
quietly() {
    local said status=0
    said=$("$@" 2>&1) || status=$?
    [ "$status" -eq 0 ] || say "$said"
    return "$status"
}

# as_root COMMAND...: as it is for root, by sudo for others.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# missing_packages THING=PACKAGE...: the packages whose program (or file, with a slash) is missing.
missing_packages() {
    local pair
    for pair in "$@"; do
        case "${pair%%=*}" in
            */*) [ -e "${pair%%=*}" ] || echo "${pair#*=}" ;;
            *) command -v "${pair%%=*}" >/dev/null || echo "${pair#*=}" ;;
        esac
    done | sort -u
}

# system_packages THING=PACKAGE...: installs, by apt-get, the packages that are missing.
system_packages() {
    local wanted
    wanted=$(missing_packages "$@")
    [ -n "$wanted" ] || return 0
    wanted=$(echo $wanted)
    if ! command -v apt-get >/dev/null; then
        say "umpa: please install what Debian calls: $wanted"
        return 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        say "umpa: please let root run: apt-get install $wanted"
        return 1
    fi
    say "umpa: installing system packages: $wanted"
    case " $wanted " in
        *" tshark "*)
            echo "wireshark-common wireshark-common/install-setuid boolean false" |
                as_root debconf-set-selections || return 1 ;;
    esac
    quietly as_root apt-get update || say "umpa: apt-get update failed; trying without it"
    quietly as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y --no-install-recommends $wanted || {
        say "umpa: apt-get could not install: $wanted"
        return 1
    }
}

# version_of PYTHON: "3.11", or a failure when it does not run (as an unselected pyenv shim).
version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

# choose_python: the interpreter of the .venv: $PYTHON, else python3; at least 3.10.
choose_python() {
    local python=${PYTHON:-python3}
    if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
        say "umpa: needs Python 3.10 or later; set PYTHON to such an interpreter (tried: $python)"
        return 1
    fi
    echo "$python"
}

# stamp_of PYTHON: changes whenever an environment has to be prepared anew.
stamp_of() {
    { sed '/^\[tool\./q' pyproject.toml; pwd; "$1" -VV; } | sha256sum | cut -c1-32
}

# build_tools PYTHON: what pip needs to make a .venv and, before 3.12, to build pypcap.
build_tools() {
    local headers version
    version=$(version_of "$1")
    if ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        system_packages "/no-ensurepip=python$version-venv" || return 1
    fi
    case "$version" in
        3.10 | 3.11)
            headers=$("$1" -c 'import sysconfig; print(sysconfig.get_paths()["include"])')
            system_packages gcc=gcc /usr/include/pcap.h=libpcap-dev \
                /usr/include/stdio.h=libc6-dev "$headers/Python.h=python$version-dev" ;;
    esac
}

# prepare_venv FOLDER PYTHON [EXTRAS]: a virtual environment with umpa (editable) and its extras.
prepare_venv() {
    local folder=$1 python=$2 extras=${3:-} stamp
    stamp=$(stamp_of "$python")
    if [ -z "$extras" ]; then
        grep -qs "$stamp" "$folder"/.umpa-* && return 0
    elif [ "$(cat "$folder/.umpa-$extras" 2>/dev/null)" = "$stamp" ]; then
        return 0
    fi
    say "umpa: preparing $folder ($("$python" -V))"
    build_tools "$python" || return 1
    if [ "$(version_of "$folder/bin/python")" != "$(version_of "$python")" ]; then
        "$python" -m venv --clear "$folder" || return 1
    fi
    if ! quietly "$folder/bin/python" -m pip install --editable ".${extras:+[$extras]}"; then
        say "umpa: pip could not prepare $folder; is there a network?"
        return 1
    fi
    echo "$stamp" >"$folder/.umpa-$extras"
}
