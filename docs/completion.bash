# bash completion for loglog: the program itself says what may stand next ('loglog complete WORD...').
_loglog() {
    mapfile -t COMPREPLY < <(loglog complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)
    [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o filenames -F _loglog loglog
