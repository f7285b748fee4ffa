# What the walks share: a folder of one's own, steps that are printed, words that have to be there.
#
#     . "$(dirname "$0")/lib.sh"
#     walk lead                                             into a new folder, gone at the end unless KEEP is set
#     expect 0 'forecast: it reaches' forecast at runs.csv --params 7B --tokens 1T
#     ends report.html
#
# A walk is called as LOGLOG=/path/of/loglog sh tests/walks/NAME.sh; EMULATOR is what runs it where it is of another
# processor. The last answer, both streams, stands in the file said.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
LOGLOG=${LOGLOG:-$root/build/loglog}

walk() {
    folder=$(mktemp -d "${TMPDIR:-/tmp}/walk-$1.XXXXXX")
    if [ -n "${KEEP:-}" ]; then echo "# $1 walks in $folder"; else trap 'rm -rf "$folder"' EXIT; fi
    cd "$folder"
}

fail() {
    echo "FAILED: $*"
    [ ! -f said ] || sed 's/^/    | /' said
    exit 1
}

# expect CODE TEXT VERB...: the program ends with CODE and says TEXT, a plain text; '' asks for none.
expect() {
    code=$1 text=$2
    shift 2
    echo "\$ loglog $*"
    got=0
    ${EMULATOR:-} "$LOGLOG" "$@" >said 2>&1 </dev/null || got=$?
    [ "$got" = "$code" ] || fail "exit code $got, expected $code"
    says "$text"
}

says() {
    for text in "$@"; do
        grep -qF -e "$text" said || fail "'$text' is not in what it said"
    done
}

never() {
    for text in "$@"; do
        ! grep -qF -e "$text" said || fail "'$text' is in what it said"
    done
}

# refused TEXT VERB...: exit code 2 and one line, which holds TEXT.
refused() {
    text=$1
    shift
    expect 2 "$text" "$@"
    [ "$(wc -l <said)" = 1 ] || fail "a refusal is one line"
}

# reach: the forecast in the last answer with its interval, as the verbs print it: 2.118 90 % [2.0762, 2.1598].
# reaches FORECAST: it is that one, whichever verb was asked.
reach() {
    awk '/forecast: it reaches|loss, forecast/ { sub(/.*(reaches|forecast) +/, ""); sub(/ +nats.*/, ""); gsub(/ +/, " ")
         print; exit }
         /^forecast now/ { sub(/.*%[^:]*: /, ""); sub(/,/, ""); print; exit }' said
}

reaches() { [ "$(reach)" = "$1" ] || fail "it says '$(reach)', and another verb '$1'"; }

# ends FILE TEXT...: the file is there and holds each text.
ends() {
    file=$1
    shift
    [ -s "$file" ] || fail "$file is not there, or empty"
    for text in "$@"; do
        grep -qF -e "$text" "$file" || fail "'$text' is not in $file"
    done
    echo "= $file"
}

has() { command -v "$1" >/dev/null 2>&1; }
