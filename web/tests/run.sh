#!/bin/sh
# One test of the page in a browser: run.sh NAME. Where node, its modules or Chromium are absent it skips aloud (77).
set -eu
cd "$(dirname "$0")/.."
skip() { echo "skipped: $*"; exit 77; }
command -v node >/dev/null || skip "no node"
[ "$(node -p 'process.versions.node.split(".")[0] >= 20')" = true ] || skip "node is older than 20"
[ -d node_modules/playwright-core ] && [ -d node_modules/axe-core ] || skip "web/node_modules is not there: npm ci in web/"
[ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null || [ -x /usr/bin/chromium ] || skip "no Chromium"
folder=$(mktemp -d "${TMPDIR:-/tmp}/page.XXXXXX")
printf 'run,params,tokens,loss\na,1e6,1e8,3\n' >"$folder/r.csv"
"$LOGLOG" runs import "$folder/r.csv" --store "$folder/r.db" >/dev/null 2>&1
timeout 3 "$LOGLOG" serve --store "$folder/r.db" --port 0 >"$folder/said" 2>&1 || true
bare=$(grep -c 'has no page' "$folder/said" || true)
rm -rf "$folder"
[ "$bare" = 0 ] || skip "the program was built without the page"
exec node --test "tests/$1.test.mjs"
