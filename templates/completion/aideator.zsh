#compdef aideator
# Completion of aideator for Zsh. On each line of aideator's answer stand a word, a tab and a description.
_aideator() {
  local line
  local -a found
  for line in "${(@f)$(PROGRAM __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2> /dev/null < /dev/null)}"; do
    [[ -n $line ]] && found+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
  done
  if (( $#found )); then
    _describe -V aideator found
  else
    _files
  fi
}
if [[ ${funcstack[1]} == _aideator ]]; then
  _aideator "$@"
else
  compdef _aideator aideator
fi
