#compdef loglog
# zsh completion for loglog: the program itself says what may stand next ('loglog complete WORD...').
_loglog() {
    local line
    local -a said names shown
    said=("${(@f)$(loglog complete "${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    for line in $said; do
        names+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  }")
    done
    if (( $#names )); then compadd -l -d shown -a names; else _files; fi
}
_loglog "$@"
