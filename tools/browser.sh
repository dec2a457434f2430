#!/bin/sh
# The pages are tested in a real browser with Korean and emoji fonts, the client for JavaScript in Node: installs what is
# missing where it may, else says what to install.
set -eu
PACKAGES="chromium fontconfig fonts-noto-cjk fonts-noto-color-emoji"
has_node() { command -v node >/dev/null 2>&1; }
has_node || PACKAGES="$PACKAGES nodejs"
has_browser() { command -v chromium >/dev/null 2>&1; }
has_font() { [ -n "$(fc-list "$1" 2>/dev/null | head -n 1)" ]; }

if has_node && has_browser && has_font :lang=ko && has_font :lang=und-zsye; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing $PACKAGES …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 -- a list of names
    apt-get install -y -qq --no-install-recommends $PACKAGES >/dev/null
else
    echo "The tests need a browser, fonts and Node; on Debian: sudo apt-get install -y $PACKAGES" >&2
fi
