#!/bin/sh
# Makes the cluster of kind.yaml where there is none yet, and gives it the images that were built on this machine:
#   kind.sh TAG [ENGINE]     ENGINE is podman (the default) or docker
set -eu

tag=$1
engine=${2:-podman}
cluster=canslim
here=$(dirname "$0")
[ "$engine" = docker ] || export KIND_EXPERIMENTAL_PROVIDER="$engine"

kind get clusters | grep -qx "$cluster" || kind create cluster --config "$here/kind.yaml"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
for service in api collector scoring; do
    # What a pod means by a name without a host; podman would put its own before it.
    image=docker.io/library/canslim-$service:$tag
    "$engine" tag "canslim-$service:$tag" "$image"
    "$engine" save --output "$work/$service.tar" "$image"
    kind load image-archive --name "$cluster" "$work/$service.tar"
done
