# shellcheck shell=bash
# The cluster's certificates and the kubeconfigs made of them; run in the state folder.

issue() { # name subject subject-alternative-names
  openssl req -newkey rsa:2048 -nodes -keyout "pki/$1.key" -out "pki/$1.csr" -subj "$2" 2> /dev/null
  openssl x509 -req -in "pki/$1.csr" -CA pki/ca.crt -CAkey pki/ca.key -CAcreateserial -days 3650 -out "pki/$1.crt" -extfile <(
    printf '%s\n' "subjectAltName=$3" basicConstraints=CA:FALSE keyUsage=digitalSignature,keyEncipherment extendedKeyUsage=serverAuth,clientAuth
  ) 2> /dev/null
}

make_keys() {
  [ -f pki/sa.pub ] && return
  openssl req -x509 -newkey rsa:2048 -nodes -keyout pki/ca.key -out pki/ca.crt -days 3650 -subj /CN=test-ca 2> /dev/null
  issue apiserver /CN=kube-apiserver "DNS:localhost,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1,IP:$gateway"
  issue admin /O=system:masters/CN=admin DNS:admin
  issue aggregator /CN=aggregator DNS:aggregator
  issue kubelet /O=system:nodes/CN=system:node:node "DNS:node,IP:$gateway"
  openssl genrsa -out pki/sa.key 2048 2> /dev/null
  openssl rsa -in pki/sa.key -pubout -out pki/sa.pub 2> /dev/null
}

write_kubeconfig() { # user
  cat > "$1.kubeconfig" <<YAML
apiVersion: v1
kind: Config
clusters: [{name: test, cluster: {server: "https://127.0.0.1:6443", certificate-authority-data: $(base64 -w0 pki/ca.crt)}}]
users: [{name: $1, user: {client-certificate-data: $(base64 -w0 "pki/$1.crt"), client-key-data: $(base64 -w0 "pki/$1.key")}}]
contexts: [{name: aideator-test, context: {cluster: test, user: $1}}]
current-context: aideator-test
YAML
  chmod 600 "$1.kubeconfig"
}
