# fish completion for loglog: the program itself says what may stand next ('loglog complete WORD...').
function __loglog_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l said (loglog complete $words[2..-1] 2>/dev/null)
    if test (count $said) -gt 0
        printf '%s\n' $said
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c loglog -f -a '(__loglog_complete)'
