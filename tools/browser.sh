#!/bin/sh
# The pages are tested in a real browser with a Korean font: installs both where it may, else says what to install.
set -eu
has_browser() { command -v chromium >/dev/null 2>&1; }
has_font() { [ -n "$(fc-list :lang=ko 2>/dev/null | head -n 1)" ]; }

if has_browser && has_font; then exit 0; fi
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing chromium and fonts-noto-cjk …"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -y -qq --no-install-recommends chromium fontconfig fonts-noto-cjk >/dev/null
else
    echo "The pages' tests need a browser and a Korean font; on Debian: sudo apt-get install -y chromium fonts-noto-cjk" >&2
fi
