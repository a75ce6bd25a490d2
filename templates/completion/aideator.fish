# Completion of aideator for fish. On each line of aideator's answer stand a word, a tab and a description.
function __aideator_complete
    set -l words (commandline -opc)
    set -e words[1]
    set -l word (commandline -ct | string replace -r '^["\']' '') # a quote that is still open
    set -l found (PROGRAM __complete $words "$word" 2> /dev/null < /dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c aideator -e
complete -c aideator -f -k -a '(__aideator_complete)'
