#!/bin/sh
# Builds the three images:
#   images.sh TAG [ENGINE]     ENGINE is podman (the default) or docker
# Of the environment it takes BASE_IMAGE, SOURCE (where the source is published), BUILD_FLAGS, and what tells pip or uv
# about their registry: that, and a CA bundle, the builder is given as secrets, and nothing of it stays in an image.
set -eu

tag=$1
engine=${2:-podman}
cd "$(dirname "$0")/.."

secrets=$(mktemp -d)
trap 'rm -rf "$secrets"' EXIT INT TERM

# What pip is configured with on this machine.
pip_config() {
    python3 -m pip config get "global.$1" 2>/dev/null || true
}

index=${UV_DEFAULT_INDEX:-${PIP_INDEX_URL:-$(pip_config index-url)}}
more=${UV_INDEX:-${PIP_EXTRA_INDEX_URL:-$(pip_config extra-index-url)}}
ca=${SSL_CERT_FILE:-${PIP_CERT:-$(pip_config cert)}}

{
    [ -z "$index" ] || printf "PIP_INDEX_URL='%s'\nUV_DEFAULT_INDEX='%s'\n" "$index" "$index"
    [ -z "$more" ] || printf "PIP_EXTRA_INDEX_URL='%s'\nUV_INDEX='%s'\n" "$more" "$more"
} >"$secrets/registry"
set -- --secret "id=registry,src=$secrets/registry"
[ -z "$ca" ] || set -- "$@" --secret "id=ca,src=$ca"
[ -z "${BASE_IMAGE:-}" ] || set -- "$@" --build-arg "BASE_IMAGE=$BASE_IMAGE"

revision=$(git rev-parse HEAD 2>/dev/null || echo unknown)
for service in api collector scoring; do
    # shellcheck disable=SC2086 # Flags are words.
    "$engine" build --target "$service" --tag "canslim-$service:$tag" ${BUILD_FLAGS:-} "$@" \
        --build-arg "VERSION=$tag" --build-arg "REVISION=$revision" --build-arg "SOURCE=${SOURCE:-}" .
done
