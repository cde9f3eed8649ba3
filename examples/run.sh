#!/usr/bin/env bash
# Runs an example of this folder, having installed what it needs.
#
#     examples/run.sh [NAME [ARGUMENT...]]        the default is quickstart
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. examples/prepare.sh

name=${1:-quickstart}
[ $# -eq 0 ] || shift
name=${name%.py}
if [ ! -f "examples/$name.py" ]; then
    say "umpa: there is no example '$name'; there are: $(ls examples/*.py | xargs -n1 basename -s .py | xargs)"
    exit 2
fi
python=$(choose_python)
prepare_venv .venv "$python"
exec .venv/bin/python "examples/$name.py" "$@"
