# bash completion for credctl: the words come from credctl itself, those of streams from the daemon.
_credctl() {
    local words=("${COMP_WORDS[@]}") cword=$COMP_CWORD found
    COMPREPLY=()
    # A time's colons part no words.
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n := words cword
    fi
    # It fails where a file is meant.
    if found=$("$1" __complete "${words[@]:1:cword}" 2>/dev/null); then
        [ -z "$found" ] || mapfile -t COMPREPLY <<<"$found"
    else
        compopt -o default
    fi
}
complete -F _credctl credctl
