#!/bin/sh
# Builds the programs of a Kubernetes cluster out of Go modules, into the cache:
#   build.sh                 what a control plane takes: etcd, the API server, the controllers, the scheduler
#   build.sh node            what a node takes beside containerd: kubelet, kube-proxy, CoreDNS
# The first build compiles for long (docs/cluster-tests.md has times); what is there already is not built again.
set -eu

cd "$(dirname "$0")"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/canslim/control-plane
mkdir -p "$cache/bin" "$cache/objects"

# MODULE PACKAGE NAME
build() {
    echo "building $3" >&2
    (cd "$1" && CGO_ENABLED=0 nice -n 15 go build -trimpath -ldflags "-s -w ${flags:-}" -o "$cache/bin/$3" "$2")
}

# Without a version the API server calls itself v0.0.0, and whoever looks at its version goes wrong.
kubernetes() {
    version=$(cd kubernetes && go list -m -f '{{.Version}}' k8s.io/kubernetes)
    minor=${version#v1.}
    flags=
    for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
        flags="$flags -X $package.gitVersion=$version -X $package.gitTreeState=archive"
        flags="$flags -X $package.gitMajor=1 -X $package.gitMinor=${minor%%.*}"
    done
    for program in "$@"; do
        build kubernetes "k8s.io/kubernetes/cmd/$program" "$program"
    done
    flags=
}

# MODULE PATH FILE...: the definitions of kinds that a module publishes.
kinds() {
    (cd "$1" && go mod download "$2")
    source=$(cd "$1" && go list -m -f '{{.Dir}}' "$2")
    shift 2
    for file in "$@"; do
        install -m 644 "$source/$file" "$cache/objects"
    done
}

case ${1:-control-plane} in
    control-plane)
        build etcd go.etcd.io/etcd/server/v3 etcd
        kubernetes kube-apiserver kube-controller-manager kube-scheduler
        folder=config/crd/bases
        kinds keda github.com/kedacore/keda/v2 \
            $folder/keda.sh_scaledobjects.yaml $folder/keda.sh_triggerauthentications.yaml
        folder=example/prometheus-operator-crd
        kinds prometheus_operator github.com/prometheus-operator/prometheus-operator \
            $folder/monitoring.coreos.com_podmonitors.yaml $folder/monitoring.coreos.com_prometheusrules.yaml
        ;;
    node)
        kubernetes kubelet kube-proxy
        build coredns . coredns
        ;;
    *)
        echo "build.sh: expected control-plane or node, not '$1'" >&2
        exit 2
        ;;
esac
