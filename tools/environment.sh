#!/bin/sh
# Makes .venv hold what the lock file named in $1 says. It keeps a copy of every lock that it has finished
# installing; an interrupted installation has none, and is done again from nothing.
set -eu
cd "$(dirname "$0")/.."
lock=$1
installed=.venv/installed-$lock
python=${PYTHON:-python3}

# Whether nothing of what was installed has gone missing since.
sound() {
    .venv/bin/python - 2>/dev/null <<'LOOK'
import sys
from importlib.metadata import distributions
lost = [f for d in distributions() for f in d.files or () if f.suffix in {".py", ".so"} and not f.locate().exists()]
sys.exit(bool(lost))
LOOK
}

cmp -s "$lock" "$installed" && sound && exit 0

if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    echo "Python 3.11 or newer is needed, and '$python' is none: install it, or name one: make PYTHON=python3.12" >&2
    exit 1
fi
# The file for the tests holds all that the service needs, so one that has it is not asked for the other.
if [ "$lock" = requirements.lock ] && cmp -s requirements-dev.lock .venv/installed-requirements-dev.lock && sound; then
    exit 0
fi
if ! ls .venv/installed-* >/dev/null 2>&1 || ! sound; then
    echo "Making .venv …"
    if ! "$python" -m venv --clear .venv; then
        rm -rf .venv
        echo "Python's module venv does not work here; on Debian: apt-get install python3-venv" >&2
        exit 1
    fi
fi
rm -f .venv/installed-*
echo "Installing $lock …"
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$lock"
cat > .venv/bin/rewards <<'LAUNCHER'
#!/bin/sh
root=$(cd "$(dirname "$0")/../.." && pwd)
PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" exec "$root/.venv/bin/python" -m rewards "$@"
LAUNCHER
chmod +x .venv/bin/rewards
cp "$lock" "$installed"
