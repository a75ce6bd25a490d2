# shellcheck shell=bash
# The components, in the order in which they start: how each is run, when it is ready, how it ends; run in the state folder.

components=(etcd apiserver containerd controllers scheduler kubelet)
declare -A ports=([etcd]=2379 [apiserver]=6443 [controllers]=10257 [scheduler]=10259 [kubelet]=10248)

alive() { # pid: runs, and is no zombie that nobody has reaped
  grep -qsE '^State:[[:space:]]+[^ZX[:space:]]' "/proc/$1/status"
}

pid_of() { # component: its pid while it runs
  local pid
  pid=$(cat "run/$1.pid" 2> /dev/null) && alive "$pid" && echo "$pid"
}

run() { # component command... : in a session of its own, with the log appended and the lock not inherited
  local name=$1
  shift
  setsid nohup "$@" >> "log/$name.log" 2>&1 < /dev/null 9>&- &
  echo $! > "run/$name.pid"
}

until_true() { # seconds component command...
  local deadline=$((SECONDS + $1)) name=$2
  shift 2
  until "$@" > /dev/null 2>&1; do
    if [ "$SECONDS" -ge "$deadline" ] || [ -z "$(pid_of "$name")" ]; then
      tail -n 5 "log/$name.log" >&2
      fail "$name did not come up; its log is $state/log/$name.log"
    fi
    sleep 0.1
  done
}

run_etcd() {
  run etcd etcd --data-dir etcd --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380
}

run_apiserver() {
  run apiserver "$node" kube-apiserver --etcd-servers http://127.0.0.1:2379 --secure-port 6443 --bind-address 0.0.0.0 \
    --tls-cert-file pki/apiserver.crt --tls-private-key-file pki/apiserver.key --client-ca-file pki/ca.crt \
    --kubelet-client-certificate pki/admin.crt --kubelet-client-key pki/admin.key --kubelet-certificate-authority pki/ca.crt \
    --kubelet-preferred-address-types InternalIP \
    --requestheader-client-ca-file pki/ca.crt --requestheader-allowed-names aggregator --requestheader-username-headers X-Remote-User \
    --requestheader-group-headers X-Remote-Group --requestheader-extra-headers-prefix X-Remote-Extra- \
    --proxy-client-cert-file pki/aggregator.crt --proxy-client-key-file pki/aggregator.key \
    --service-account-key-file pki/sa.pub --service-account-signing-key-file pki/sa.key \
    --service-account-issuer https://kubernetes.default.svc --authorization-mode Node,RBAC \
    --service-cluster-ip-range 10.96.0.0/16 --allow-privileged=true
}

run_containerd() { # all three must be absolute
  run containerd containerd --config "$state/containerd.toml" --root "$state/containerd" --state "$state/run/containerd" --address "$containerd_socket"
}

run_controllers() {
  run controllers "$node" kube-controller-manager --kubeconfig admin.kubeconfig --service-account-private-key-file pki/sa.key \
    --root-ca-file pki/ca.crt --use-service-account-credentials --leader-elect=false
}

run_scheduler() {
  run scheduler "$node" kube-scheduler --kubeconfig admin.kubeconfig --leader-elect=false
}

run_kubelet() {
  run kubelet "$node" kubelet --config kubelet.yaml --kubeconfig kubelet.kubeconfig --hostname-override node --node-ip "$gateway" \
    --root-dir "$state/kubelet"
}

images() { # ctr's images of the cluster
  ctr -a "$containerd_socket" -n k8s.io images "$@"
}

node_is_ready() {
  "$kubectl" get node node | grep -q ' Ready'
}

listens() { # port
  (exec 3<> "/dev/tcp/127.0.0.1/$1") 2> /dev/null
}

kubelet_is_ready() {
  listens 10248 && node_is_ready
}

controllers_are_ready() {
  listens 10257 && "$kubectl" get serviceaccount default
}

wait_for() { # component
  case $1 in
    etcd) until_true 60 etcd listens 2379 ;;
    apiserver) until_true 60 apiserver "$kubectl" get --raw /readyz ;;
    containerd) until_true 60 containerd images ls -q ;;
    controllers) until_true 60 controllers controllers_are_ready ;;
    scheduler) until_true 60 scheduler listens 10259 ;;
    kubelet) until_true 60 kubelet kubelet_is_ready ;;
  esac
}

port_is_free() { # port: for a moment the threads of a killed process still hold it
  local deadline=$((SECONDS + 5))
  while listens "$1"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

start() { # component: unless it runs already
  [ -n "$(pid_of "$1")" ] && return
  local port=${ports[$1]:-}
  if [ -n "$port" ] && ! port_is_free "$port"; then
    fail "port $port, which $1 needs, is taken; is a cluster with another CLUSTER_STATE up?"
  fi
  "run_$1"
}

kill_component() { # component: SIGKILL, and wait until it is gone
  local pid
  pid=$(pid_of "$1") || return 0
  kill -KILL "$pid"
  while alive "$pid"; do sleep 0.05; done
}

stop() { # component: SIGTERM, after 5 s SIGKILL
  local pid deadline=$((SECONDS + 5))
  pid=$(pid_of "$1") || return 0
  kill -TERM "$pid"
  while alive "$pid" && [ "$SECONDS" -lt "$deadline" ]; do sleep 0.05; done
  kill_component "$1"
}

known_component() { # name
  local name
  for name in "${components[@]}"; do [ "$name" = "$1" ] && return; done
  fail "no component ${1:-is named}; there are: ${components[*]}"
}
