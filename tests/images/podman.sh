#!/bin/bash
# podman as podman-compose runs it here. Two things are taken from what it says:
# - podman leaves /run and /var/tmp of a read-only container open; Docker and Kubernetes don't.
# - podman 4.3 can't start what requires a container that has ended, like the migration; podman-compose waits for that
#   one itself.
arguments=()
for argument in "$@"; do
    case $argument in
    --requires=*) ;;
    *) arguments+=("$argument") ;;
    esac
done
case $1 in
create | run) exec podman "$1" --read-only-tmpfs=false "${arguments[@]:1}" ;;
*) exec podman "${arguments[@]}" ;;
esac
