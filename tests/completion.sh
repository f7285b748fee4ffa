#!/bin/bash
# The completions of bash, zsh and fish, asked as a shell asks them. A shell that is not here is skipped aloud.
#   tests/completion.sh PROGRAM
set -uo pipefail
docs=$(realpath "$(dirname "$0")/../docs")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$(realpath "$1")" "$work/bin/loglog"
export PATH="$work/bin:$PATH" HOME="$work" LC_ALL=C.UTF-8
cd "$work" || exit 2
bad=0
fault() { echo "FAILED: $*"; bad=1; }

# A store with one run, under a name of its own.
printf 'run,params,tokens,loss\nwide-124M,124e6,2.5e9,3.28\n' >runs.csv
loglog runs import runs.csv --store mine.db >/dev/null || fault "no store to ask"
touch here.yaml

# What is asked, and a word that has to be offered: verbs, second verbs, flags, enums, laws, figures, runs, files.
asked() {
    cat <<'END'
pl|plan
forecast |seal
fit --obj|--objective
fit --objective |huber_log
run x.yaml --train.sch|--train.schedule
run x.yaml --train.schedule w|wsd
fit --law chi|chinchilla_tied
plan --law besi|besiroglu2024
plot tri|triptych
runs show --store mine.db w|wide-124M
forecast seal --store mine.db --run w|wide-124M
run he|here.yaml
END
}

in_bash() {
    bash --norc -c 'source "$0"/completion.bash; read -ra COMP_WORDS <<<"loglog $1"
        [ "${1% }" = "$1" ] || COMP_WORDS+=("")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); compopt() { :; }; _loglog; printf "%s\n" "${COMPREPLY[@]}"' "$docs" "$1"
}

# compadd and _files say what they are told to offer.
in_zsh() {
    zsh -f -c 'words=(loglog ${(z)2}); [[ $2 != *" " ]] || words+=(""); CURRENT=$#words
        compadd() { print -l -- ${(P)@[-1]} }; _files() { print -l -- *(N) }; source "$1"/completion.zsh' zsh "$docs" "$1"
}

in_fish() { fish --no-config -c 'source $argv[1]/completion.fish; complete -C "loglog $argv[2]"' "$docs" "$1"; }

for shell in bash zsh fish; do
    if ! command -v "$shell" >/dev/null; then
        echo "SKIPPED: no $shell here"
        continue
    fi
    n=0
    while IFS='|' read -r words expected; do
        "in_$shell" "$words" >said 2>why </dev/null
        grep -qE -e "^$expected($|[[:space:]])" said || fault "$shell: 'loglog $words' does not offer $expected: $(head -c 300 said why)"
        n=$((n + 1))
    done < <(asked)
    [ -z "$(in_"$shell" 'nonsense --x ' 2>&1 </dev/null | grep -F unknown)" ] || fault "$shell shows an error"
    echo "$shell: $n questions"
done
exit $bad
