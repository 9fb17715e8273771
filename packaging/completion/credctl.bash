# bash completion for credctl: the words come from credctl itself, those of streams from the daemon.
_credctl() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("$line")
    done < <(credctl __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
    # Where credctl has nothing to say, a file may be meant.
    [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default
}
complete -F _credctl credctl
