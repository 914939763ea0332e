#!/bin/sh
# Gives a pool of workers N pods, whoever decides how many it has, or gives it back to its autoscaler:
#   scale.sh POOL N|auto                                as does: make scale POOL=… N=… NAMESPACE=… RELEASE=…
# Of the environment it takes RELEASE (canslim) and NAMESPACE (by default that of kubectl's context). All it knows it
# asks of the cluster:
#   fixed   nobody scales the pool: its Deployment gets the number
#   keda    a ScaledObject does: it is paused at the number
#   hpa     a HorizontalPodAutoscaler does: the number becomes its minimum and maximum
set -eu

release=${RELEASE:-canslim}

fail() {
    echo "scale.sh: $*" >&2
    exit 2
}

ask() {
    kubectl ${NAMESPACE:+"--namespace=$NAMESPACE"} "$@"
}

# What an object of the pool says: KIND JSONPATH. Nothing where there is no such object.
look() {
    ask get "$1" "$name" --ignore-not-found --output "jsonpath=$2"
}

# The name of the pool's Deployment, which is the name of its autoscaler too.
find_pool() {
    pools=$(ask get deployments --selector "app.kubernetes.io/instance=$release,canslim.io/queue" --output \
        'jsonpath={range .items[*]}{.metadata.labels.app\.kubernetes\.io/component} {.metadata.name}{"\n"}{end}')
    [ -n "$pools" ] || fail "there is no release $release in ${NAMESPACE:-the current namespace};" \
        "RELEASE and NAMESPACE name another one"
    known=
    while read -r one deployment; do
        [ "$one" != "$pool" ] || name=$deployment
        known="$known $one"
    done <<END
$pools
END
    [ -n "$name" ] || fail "there is no pool '$pool'; release $release has:$known"
}

# A cluster without KEDA does not even know the word.
has_scaled_object() {
    if ! answer=$(ask get scaledobjects.keda.sh "$name" --ignore-not-found --output name 2>&1); then
        case $answer in
            *"doesn't have a resource type"*) return 1 ;;
            *) fail "$answer" ;;
        esac
    fi
    case $answer in
        *"scaledobject.keda.sh/$name"*) return 0 ;;
        *) return 1 ;;
    esac
}

scale_by_hand() {
    ask scale "deployment/$name" --replicas="$1"
}

pause_keda() {
    ask annotate scaledobjects.keda.sh "$name" --overwrite "autoscaling.keda.sh/paused-replicas=$1"
    say_how_back
}

resume_keda() {
    ask annotate scaledobjects.keda.sh "$name" autoscaling.keda.sh/paused-replicas-
}

bound_hpa() {
    ask patch hpa "$name" --type merge --patch "{\"spec\":{\"minReplicas\":$1,\"maxReplicas\":$2}}"
    replicas=$(look deployment '{.spec.replicas}')
    # It rests while its Deployment has no pods.
    [ "$replicas" != 0 ] || scale_by_hand "$1"
}

pin_hpa() {
    if [ "$1" = 0 ]; then
        # It never goes below 1, so it has to rest.
        scale_by_hand 0
    else
        bound_hpa "$1" "$1"
    fi
    say_how_back
}

# The bounds of the chart's values, which the chart notes on the autoscaler.
free_hpa() {
    least=$(look hpa '{.metadata.annotations.canslim\.io/min-replicas}')
    most=$(look hpa '{.metadata.annotations.canslim\.io/max-replicas}')
    if [ -z "$least" ] || [ -z "$most" ]; then
        fail "hpa/$name lacks the annotations canslim.io/min-replicas and canslim.io/max-replicas: run helm upgrade"
    fi
    bound_hpa "$least" "$most"
}

# With what names the cluster's part, so that the line can be repeated elsewhere.
say_how_back() {
    echo "it stays so until: ${NAMESPACE:+NAMESPACE=$NAMESPACE }${RELEASE:+RELEASE=$RELEASE }k8s/scale.sh $pool auto"
}

[ $# -eq 2 ] || fail "expected a pool and its number of pods, as in: scale.sh collector 4, or scale.sh collector auto"
pool=$1 wanted=$2 name=
case $wanted in
    auto | 0) ;;
    '' | *[!0-9]* | 0*) fail "'$wanted' is no number of pods: expected 0, 1, 2 and so on, or auto" ;;
esac
command -v kubectl >/dev/null || fail "kubectl is not installed"
find_pool
hpa=$(look hpa '{.metadata.name}')
if has_scaled_object; then
    mode=keda
elif [ -n "$hpa" ]; then
    mode=hpa
else
    mode=fixed
fi

case $mode-$wanted in
    fixed-auto) fail "nothing scales pool $pool (its mode is fixed): give it a number" ;;
    fixed-*) scale_by_hand "$wanted" ;;
    keda-auto) resume_keda ;;
    keda-*) pause_keda "$wanted" ;;
    hpa-auto) free_hpa ;;
    hpa-*) pin_hpa "$wanted" ;;
esac
