#!/bin/sh
# Runs in the builder stages of the Dockerfile, in the folder that holds the workspace:
#   image_packages.sh tools                  installs uv and the build backend, as tools/builder.lock has them
#   image_packages.sh dependencies MEMBER…   installs into /opt/canslim what those members of the workspace need
#   image_packages.sh members MEMBER…        installs the members, and those that they need, into /own
set -eu

environment=/opt/canslim

# How to reach the package registry is the business of the machine that builds; nothing of it stays in the image.
if [ -f /run/secrets/registry ]; then
    set -a
    # shellcheck disable=SC1091 # Made by tools/images.sh.
    . /run/secrets/registry
    set +a
fi
if [ -f /run/secrets/ca ]; then
    export PIP_CERT=/run/secrets/ca SSL_CERT_FILE=/run/secrets/ca
fi

# What the members need, into two files: packages at the lock's versions, and members of the workspace as paths.
resolve() {
    for member in "$@"; do
        shift
        set -- "$@" "$member/pyproject.toml"
    done
    uv pip compile --quiet --python "$environment/bin/python" --constraints requirements.lock \
        --no-header --no-annotate --output-file /tmp/closure.txt "$@"
    grep '==' /tmp/closure.txt >/tmp/packages.txt
    sed -n 's|^-e file://||p' /tmp/closure.txt >/tmp/members.txt
}

# Of pyarrow reading and writing Parquet stays. Its clients of Flight and of object stores go, which it does without
# where they are missing, and the second and third copy of its own library: the loader takes the one named as here,
# libarrow_python.so.2600.
without_arrows_ways_out() {
    [ -d "$1" ] || return 0
    (
        cd "$1"
        rm -f libarrow_flight.* libarrow_python_flight.* _flight.* libarrow_s3.* _s3fs.* _gcsfs.* _azurefs.* _hdfs.* \
            libarrow_python*.so libarrow_python*.so.*.*.*
    )
}

task=$1
shift
case $task in
tools)
    python3 -m venv /opt/tools
    /opt/tools/bin/pip install --quiet --disable-pip-version-check --require-hashes --requirement tools/builder.lock
    ;;
dependencies)
    uv venv --quiet "$environment"
    resolve "$@"
    # The closure names versions, the lock has their hashes; a package that it lacks is refused.
    uv pip install --quiet --python "$environment/bin/python" --no-deps --only-binary :all: \
        --require-hashes --constraints requirements.lock --requirements /tmp/packages.txt
    site=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    # The packages' own tests, C headers and sources: 40 MB that nothing imports.
    find "$site" -type d \( -name tests -o -path "$site/pyarrow/include" -o -path "$site/pyarrow/src" \) \
        -prune -exec rm -rf {} +
    find "$site" -type f \( -name '*.pyi' -o -name '*.pyx' -o -name '*.pxd' -o -name '*.pxi' \) -delete
    without_arrows_ways_out "$site/pyarrow"
    "$environment/bin/python" tools/strip_libraries.py "$site"
    "$environment/bin/python" -m compileall -q -j 0 "$site"
    # uv's own, open to everybody.
    rm "$environment/.lock"
    ;;
members)
    resolve "$@"
    printf './%s\n' "$@" >>/tmp/members.txt
    uv pip install --quiet --python "$environment/bin/python" --prefix /own --no-deps --compile-bytecode \
        --build-constraints tools/builder.lock --requirements /tmp/members.txt
    rm -f /own/.lock
    ;;
esac
