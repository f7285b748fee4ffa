#!/bin/sh
# GPT-2's tokens of a text, by loglog and by two implementations of others (npm: gpt-tokenizer, js-tiktoken): are they the
# same, and how fast are they made. Needs node and npm, and GPT-2's vocabulary and merges.
# Usage: bench/tokenizers/run.sh TEXT VOCAB.json [build/loglog] >bench/tokenizers/RESULTS.md   (a minute)
set -eu
here=$(realpath "$(dirname "$0")")
text=$(realpath "$1")
vocab=$(realpath "$2")
loglog=$(realpath "${3:-build/loglog}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm install --silent --no-fund --no-audit --prefix . gpt-tokenizer@4.0.0 js-tiktoken@1.0.21 >&2
cp "$here/oracle.mjs" .

seconds() { # TEXT: to shards, the least of five
    for i in 1 2 3 4 5; do
        start=$(date +%s%N)
        "$loglog" data build --text "$1" --tokenizer "$vocab" --out g >/dev/null
        echo $(($(date +%s%N) - start))
    done | sort -n | awk 'NR == 1 { print $1 / 1e9 }'
}
head -c 5000 "$text" >little
little=$(seconds little)
all=$(seconds "$text")
rate=$(awk -v b="$(wc -c <"$text")" -v all="$all" -v little="$little" 'BEGIN { printf "%.2f", (b - 5000) / (all - little) / 1e6 }')

# The text is one document, whose end validates: its beginning is what the others are asked for.
"$loglog" data info g --json | awk '/"bytes":/ { gsub(/[^0-9]/, ""); print; exit }' | xargs -I N head -c N "$text" >part
od -An -v -tu2 -w2 -j1024 g.train.bin | tr -d ' ' | sed '$d' >ours
node oracle.mjs part theirs >oracle.txt

echo "Made by \`bench/tokenizers/run.sh\`, $("$loglog" --version), node $(node --version)."
echo
echo "| implementation | tokens | the same as loglog's | MB/s |"
echo "|---|---|---|---|"
echo "| loglog, to shards on disk | $(wc -l <ours) | | $rate |"
while read -r name rate file hash; do
    same=no
    ! cmp -s ours "$file" || same=yes
    echo "| $name | $(wc -l <"$file") | $same | $rate |"
done <oracle.txt
echo
echo "loglog reads its vocabulary in $little s, which is taken off. The SHA-256 of the tokens of the whole text, 16 bits each, by"
echo "the others: $(node oracle.mjs "$text" whole | awk '{ print $4 }' | sort -u | tr '\n' ' ')"
