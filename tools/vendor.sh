#!/bin/sh
# Fetch what rewards/pages/static/vendor/README.md lists from npm, and check it against the sums there.
set -eu
cd "$(dirname "$0")/../rewards/pages/static/vendor"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
version=$(sed -n 's/^| `htmx.min.js` | [^|]* | \([0-9.]*\) |.*/\1/p' README.md)
sum=$(sed -n 's/^| `htmx.min.js` .*`\([0-9a-f]\{64\}\)` |$/\1/p' README.md)
(cd "$folder" && npm pack --silent "htmx.org@$version" >/dev/null && tar xzf htmx.org-*.tgz)
echo "$sum  $folder/package/dist/htmx.min.js" | sha256sum --check --quiet
cp "$folder/package/dist/htmx.min.js" htmx.min.js
cp "$folder/package/LICENSE" htmx.LICENSE
echo "htmx $version is what the table says."
