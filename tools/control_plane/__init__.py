"""A Kubernetes cluster of one's own, out of programs that build.sh makes from Go modules.

    tools/control_plane/build.sh
    python -m tools.control_plane

prints the KUBECONFIG of an API server with etcd, controllers and a scheduler behind it, on free ports of the loopback
interface, and ends it when it is interrupted. Nothing of it outlives the command but the cache of built programs.
"""
