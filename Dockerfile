# The three images of canslim, one target each: api, collector, scoring. `make images` builds them.
#
# Each is Python, the environment of its one service and nothing else: the packages are those of requirements.lock,
# by their hashes, and belong to root; the process runs as 10001 and writes to /tmp alone.

# Debian's current stable release, and the Python that it has too, so that a base made from Debian's packages
# (tools/base_image.sh) is the same ground.
ARG BASE_IMAGE=python:3.13-slim-trixie

FROM ${BASE_IMAGE} AS builder
WORKDIR /workspace
# Behind the base's own Python, which the environments are made with.
ENV PATH=$PATH:/opt/tools/bin UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
COPY tools/image_packages.sh tools/strip_libraries.py tools/builder.lock tools/
RUN --mount=type=secret,id=registry --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache \
    tools/image_packages.sh tools
COPY requirements.lock pyproject.toml ./
COPY libs/calendar/pyproject.toml libs/calendar/
COPY libs/core/pyproject.toml libs/core/
COPY libs/infra/pyproject.toml libs/infra/
COPY libs/ratings/pyproject.toml libs/ratings/
COPY services/api/pyproject.toml services/api/
COPY services/cli/pyproject.toml services/cli/
COPY services/collector/pyproject.toml services/collector/
COPY services/scoring/pyproject.toml services/scoring/

FROM builder AS api-dependencies
RUN --mount=type=secret,id=registry --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache \
    tools/image_packages.sh dependencies services/api services/cli

FROM builder AS collector-dependencies
RUN --mount=type=secret,id=registry --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache \
    tools/image_packages.sh dependencies services/collector

FROM builder AS scoring-dependencies
RUN --mount=type=secret,id=registry --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache \
    tools/image_packages.sh dependencies services/scoring

FROM api-dependencies AS api-members
COPY libs libs
COPY services services
RUN --mount=type=secret,id=registry --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache \
    tools/image_packages.sh members services/api services/cli

FROM collector-dependencies AS collector-members
COPY libs libs
COPY services services
RUN --mount=type=secret,id=registry --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache \
    tools/image_packages.sh members services/collector

FROM scoring-dependencies AS scoring-members
COPY libs libs
COPY services services
RUN --mount=type=secret,id=registry --mount=type=secret,id=ca --mount=type=cache,target=/root/.cache \
    tools/image_packages.sh members services/scoring

FROM ${BASE_IMAGE} AS runtime
# The base's pip and what makes one: the python image has them, Debian's package of virtual environments too.
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3*/ensurepip /usr/local/lib/python3*/site-packages/pip* \
    /usr/share/python-wheels
# Home is where libraries look for their caches; a container's loopback is nobody's.
ENV PATH=/opt/canslim/bin:$PATH HOME=/tmp PYTHONDONTWRITEBYTECODE=1 CANSLIM_API_HOST=0.0.0.0
WORKDIR /tmp
USER 10001:10001
EXPOSE 9090
STOPSIGNAL SIGTERM
ARG VERSION=0
ARG REVISION=unknown
ARG SOURCE=
LABEL org.opencontainers.image.licenses=Apache-2.0 \
      org.opencontainers.image.version=${VERSION} \
      org.opencontainers.image.revision=${REVISION} \
      org.opencontainers.image.source=${SOURCE}

FROM runtime AS api
LABEL org.opencontainers.image.title=canslim-api \
      org.opencontainers.image.description="The HTTP API of canslim, and its command line."
# Dependencies are a layer of their own: a new version of canslim moves its own code alone.
COPY --from=api-dependencies /opt/canslim /opt/canslim
COPY --from=api-members /own /opt/canslim
EXPOSE 8000
ENTRYPOINT ["canslim-api"]

FROM runtime AS collector
LABEL org.opencontainers.image.title=canslim-collector \
      org.opencontainers.image.description="The worker of canslim that fetches prices and filings."
COPY --from=collector-dependencies /opt/canslim /opt/canslim
COPY --from=collector-members /own /opt/canslim
ENTRYPOINT ["canslim-collector"]

FROM runtime AS scoring
LABEL org.opencontainers.image.title=canslim-scoring \
      org.opencontainers.image.description="The worker of canslim that rates and scores."
COPY --from=scoring-dependencies /opt/canslim /opt/canslim
COPY --from=scoring-members /own /opt/canslim
ENTRYPOINT ["canslim-scoring"]
