#!/bin/sh
# The ledger is tested on PostgreSQL 18, which comes with the environment, and on Debian's 15: installs the programs of
# the latter where it may, else says what to install. The tests start a cluster of their own; Debian's is not made.
set -eu
PACKAGE=postgresql-15
has_programs() { [ -x /usr/lib/postgresql/15/bin/initdb ]; }
installs() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
makes_no_cluster() {
    installs postgresql-common && sed -i 's/^#\?create_main_cluster.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf
}

if has_programs; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing $PACKAGE …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq && makes_no_cluster && installs "$PACKAGE" || true
fi
if ! has_programs; then
    echo "The ledger's tests need the programs of PostgreSQL 15; on Debian 12: sudo apt-get install -y $PACKAGE" >&2
fi
