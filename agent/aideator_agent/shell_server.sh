# What runs the model's commands in the shell container: PID 1, with no tool but /bin/sh (dash, bash, busybox ash).
# It does what the agent writes into the FIFO `req` of the channel, which the agent owns and this container only reads:
#   run N          runs N/run; what it prints goes to the FIFO N/out, `start` and `exit CODE` to the FIFO N/ctl
#   look N         what the command's processes have used of the CPU: `cpu` and four numbers of ticks for each, `busy`, then `looked`, to N/ctl
#   kill N SIGNAL  to all that carries the mark of command N in its environment, wherever it went
#   kill all SIGNAL
#   bye
# The agent's end closes `req`; the server's end takes the container with it. All clocks are the agent's.
# Kubernetes replaces a dollar before a dollar or a round bracket: write neither here.
exec </dev/null >/dev/null 2>&1
trap 'exit 0' TERM
c=${AIDEATOR_CHANNEL:-/aideator}
until [ -p "$c/req" ]; do sleep 0.1 || :; done
exec 9<"$c/req"
trap '' TERM INT HUP
p=
setsid /bin/sh -c : && p=setsid
# A background child of sh ignores INT and QUIT for ever, unless a tool sets them back.
env --default-signal=INT,QUIT /bin/sh -c : && p="$p env --default-signal=INT,QUIT"

run() {
  exec 8>"$c/$1/ctl" 9<&-
  echo start >&8
  (
    trap - TERM INT HUP
    export AIDEATOR_COMMAND=":$1:"
    # shellcheck disable=SC3045 # each sh has one of the two
    { ulimit -u 16384 || ulimit -p 16384; } 2>/dev/null # processes of this user on the node: a bomb leaves the node some
    exec 8>&-
    # shellcheck disable=SC1090 # the agent writes it for each command
    . "$c/$1/run"
  ) >"$c/$1/out" 2>&1
  echo "exit $?" >&8
}

# Signals what carries the mark; false when nothing does.
sweep() {
  none=1
  for f in /proc/[0-9]*/environ; do
    n=${f#/proc/}
    n=${n%/environ}
    while read -r line || [ -n "$line" ]; do
      case $line in *"AIDEATOR_COMMAND=:$1:"*) kill "-$2" "$n" && none=0 ;; esac
    done <"$f"
  done
  return $none
}

# These two get what proc_pid_stat(5) says of a process behind its name.
used() {
  case $1 in R | D) echo busy ;; esac # it works right now, if only a CPU were free
  echo "cpu ${12} ${13} ${14} ${15}"
}

# One that is being loaded has no environment yet, so no mark: it may be the command's.
loaded() {
  case $1,${49} in R,0 | D,0) echo busy ;; esac
}

look() {
  exec 8>"$c/$1/ctl" 9<&-
  for f in /proc/[0-9]*/environ; do
    n=${f%/environ}
    ours=
    while read -r line || [ -n "$line" ]; do
      case $line in *"AIDEATOR_COMMAND=:$1:"*) ours=1 ;; esac
    done <"$f"
    read -r line <"$n/stat" || continue
    case $ours,$line in 1,*"(sleep)"*) echo busy ;; esac
    # shellcheck disable=SC2086 # it is to be split
    if [ "$ours" ]; then used ${line##*") "}; else loaded ${line##*") "}; fi
  done >&8
  echo looked >&8
}

stop() {
  case $1 in
  all) [ "${$}" = 1 ] && kill "-$2" -1 ;; # all in this container but PID 1
  *) sweep "$1" "$2" ;;
  esac
}

while read -r verb number signal <&9; do
  case $verb,$signal in
  run,) run "$number" & ;;
  look,) look "$number" & ;;
  # A tree that forks while it is walked needs more than one walk.
  kill,KILL) for _ in 1 2 3 4 5 6 7 8; do stop "$number" KILL || break; done ;;
  kill,*) stop "$number" "$signal" ;;
  bye,) exit 0 ;;
  esac
  jobs
done
exit 0
