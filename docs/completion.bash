# bash completion for loglog
_loglog() {
    local here=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} verbs choices
    verbs=$(loglog help 2>/dev/null | awk '/^  [a-z]/ { print substr($0, 3, 16) }')
    if [ "$COMP_CWORD" -eq 1 ]; then
        choices="$(awk '{ print $1 }' <<<"$verbs") help"
    elif [ "${COMP_WORDS[COMP_CWORD - 1]}" = --law ]; then
        choices=$(loglog laws 2>/dev/null | awk '/^[a-z]/ { print $1 }')
        [ "$verb" != plan ] || choices+=" $(loglog paper 2>/dev/null | awk '{ print $1 }')"
    elif [[ $here == -* ]]; then
        choices=$(loglog help "$verb" "${COMP_WORDS[2]}" 2>/dev/null | awk '/^  --/ { print $1 }')
    elif [ "$COMP_CWORD" -eq 2 ]; then
        choices=$(awk -v verb="$verb" '$1 == verb && NF > 1 { print $2 }' <<<"$verbs")
        [ "$verb" != help ] || choices=$(awk '{ print $1 }' <<<"$verbs")
        [ "$verb" != plot ] || choices="triptych n d c isoflop frontier curves forecast residuals calibration plan"
    fi
    if [ -n "$choices" ]; then mapfile -t COMPREPLY < <(compgen -W "$choices" -- "$here" | sort -u)
    else mapfile -t COMPREPLY < <(compgen -f -- "$here"); fi
}
complete -F _loglog loglog
