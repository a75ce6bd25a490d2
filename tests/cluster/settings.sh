# shellcheck shell=bash
# What every verb of the throw-away cluster shares: where things are, which version, and the hash that says whether a running one fits.
# shellcheck disable=SC2034 # used by the files that source this one

cluster=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
checkout=$(realpath "$cluster/../..")
state=$(realpath -m "${CLUSTER_STATE:-/var/tmp/aideator-cluster}")
cache=$(realpath -m "${CLUSTER_CACHE:-$HOME/.cache/aideator-cluster}")
export STORAGE_DRIVER=${STORAGE_DRIVER:-overlay}

version=1.34.4
gateway=10.88.0.1
subnet=10.88.0.0/16
bridge=aideator0
bridge_mac=0a:58:0a:58:00:01
addresses=/proc/sys/net/ipv6/conf/default/disable_ipv6 # of interfaces to come
network=/etc/cni/net.d/10-aideator.conflist
kubeconfig=$state/admin.kubeconfig
kubectl=$state/kubectl
containerd_socket=$state/run/containerd.sock

hash_of() { # files... : one short hash over their contents
  cat -- "$@" | sha256sum | cut -c1-12
}

node=$cache/node-$version-$(hash_of "$cluster"/node/{main.go,go.mod,go.sum})
recipe=$(basename "$node")-$(hash_of "$cluster"/{settings,keys,configuration,components}.sh)

fail() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

need_root() {
  [ "$(id -u)" -eq 0 ] || fail "needs root: it starts a kubelet, containerd and a bridge network on this machine"
}

one_at_a_time() { # two verbs at once would trip over each other; the lock ends with this process
  mkdir -p "$cache"
  exec 9> "$cache/lock"
  flock 9
}
