# shellcheck shell=bash
# The components' configuration files and the pods' network; run in the state folder.

write_network() {
  cat > "$network" <<JSON
{"cniVersion": "0.4.0", "name": "aideator", "plugins": [
  {"type": "bridge", "bridge": "$bridge", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$state/networks", "ranges": [[{"subnet": "$subnet"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
}

write_containerd() { # restrict_oom_score_adj: without CAP_SYS_RESOURCE runc can't lower a score, and no sandbox starts
  cat > containerd.toml <<TOML
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "localhost/pause:dev"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$(dirname "$network")"
TOML
}

write_kubelet() {
  cat > kubelet.yaml <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: $state/pki/ca.crt}}
authorization: {mode: Webhook}
tlsCertFile: $state/pki/kubelet.crt
tlsPrivateKeyFile: $state/pki/kubelet.key
containerRuntimeEndpoint: unix://$containerd_socket
podLogsDir: $state/pods
makeIPTablesUtilChains: false
cgroupDriver: cgroupfs
failSwapOn: false
failCgroupV1: false
resolvConf: /etc/resolv.conf
maxPods: 250
serializeImagePulls: false
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: 100Mi}
YAML
}

write_kubectl() { # the test cluster's own, so that nobody's kubeconfig, cache or preferences are touched
  cat > kubectl <<SH
#!/bin/sh
KUBECTL_KUBERC=false exec "$node" kubectl --kubeconfig "$kubeconfig" --cache-dir "$state/kubectl-cache" "\$@"
SH
  chmod 755 kubectl
}

# Each pod's interface would get an address on this machine, too. Programs are told that the network has changed, and browsers drop requests.
keep_network_quiet() {
  [ -e "$addresses" ] || return 0
  [ -e "$state/addresses" ] || cat "$addresses" > "$state/addresses"
  echo 1 > "$addresses"
}

# kubelet's address is the bridge's: a node can't have a loopback address. Without a MAC of its own the bridge takes a pod's and loses it
# with that pod; connections that other pods make to this machine then hang for one or two minutes.
make_bridge() {
  keep_network_quiet
  ip link show "$bridge" > /dev/null 2>&1 && return
  ip link add "$bridge" address "$bridge_mac" type bridge
  ip addr add "$gateway/${subnet#*/}" dev "$bridge"
  ip link set "$bridge" up
}
