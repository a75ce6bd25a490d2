# shellcheck shell=bash
# Completion of aideator for Bash. On each line of aideator's answer stand a word, a tab and a description, which Bash can't show.
_aideator() {
  local word
  COMPREPLY=()
  while IFS=$'\t' read -r word _; do
    COMPREPLY+=("$word")
  done < <(PROGRAM __complete --line "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2> /dev/null < /dev/null)
}
# Bash before 4.4 has no nosort
complete -o default -o nosort -F _aideator aideator 2> /dev/null || complete -o default -F _aideator aideator
