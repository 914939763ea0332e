#!/bin/sh
# Makes a base for the images out of Debian's packages alone, where no registry of images is reached:
#   base_image.sh NAME [ENGINE]     ENGINE is podman (the default) or docker
#   make images BASE_IMAGE=NAME
# It is what the Dockerfile's default base is: Debian's stable release with its Python. Wants root and mmdebstrap.
set -eu

name=$1
engine=${2:-podman}
release=trixie

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
# mmdebstrap reads its sources under another account.
chmod 755 "$work"

set -- "$release" "$work/base.tar"
# From where this machine takes its packages, at the base's release; elsewhere mmdebstrap knows where Debian is.
codename=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
if [ -n "$codename" ] && grep -qx ID=debian /etc/os-release; then
    # shellcheck disable=SC2016 # apt-get fills these in.
    apt-get indextargets --format 'deb $(SITE) $(RELEASE) main' 'Created-By: Packages' 'Origin: Debian' \
        'Component: main' | sort -u | sed "s/ $codename/ $release/" >"$work/sources.list"
    set -- "$@" "$work/sources.list"
fi

# No documentation and no translations; python3-venv is for the builder stage, and gone from the images.
mmdebstrap --quiet --variant=minbase --include=ca-certificates,python3,python3-venv \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    "$@"
"$engine" import --message "Debian $release" "$work/base.tar" "$name"
