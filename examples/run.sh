#!/usr/bin/env bash
# Runs an example of this folder, having installed what it needs.
#
#     examples/run.sh [NAME [ARGUMENT...]]        the default is quickstart
#
# A template (examples/templates/NAME.py) is simulated: no root, no network.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. examples/prepare.sh

name=${1:-quickstart}
[ $# -eq 0 ] || shift
name=${name%.py}
template=examples/templates/$name.py
if [ ! -f "examples/$name.py" ] && [ ! -f "$template" ]; then
    say "umpa: there is no example '$name'; there are: $(ls examples/*.py examples/templates/*.py | xargs -n1 basename -s .py | xargs)"
    exit 2
fi
python=$(choose_python)
prepare_venv .venv "$python"
[ -f "examples/$name.py" ] || exec .venv/bin/python -m umpa simulate "$template" "$@"
exec .venv/bin/python "examples/$name.py" "$@"
