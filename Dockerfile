# The agent's image: Python, git with LFS, ssh (also for a user id without a name) and the package aideator-agent in a venv at /opt/aideator. BASE_IMAGE is a Debian with Python 3.11 or newer.
ARG BASE_IMAGE=python:3.12-slim

FROM ${BASE_IMAGE} AS base
RUN set -eu; \
    missing=; \
    command -v git > /dev/null || missing="$missing git"; \
    command -v ssh > /dev/null || missing="$missing openssh-client"; \
    ls /usr/lib/*/libnss_wrapper.so > /dev/null 2>&1 || missing="$missing libnss-wrapper"; \
    git lfs version > /dev/null 2>&1 || missing="$missing git-lfs"; \
    [ -s /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"; \
    if [ -n "$missing" ]; then \
      apt-get update -qq; \
      apt-get install -y -qq --no-install-recommends $missing; \
      rm -rf /var/lib/apt/lists/*; \
    fi; \
    command -v python > /dev/null || ln -s "$(command -v python3)" /usr/local/bin/python; \
    groupadd --gid 1000 agent; \
    useradd --uid 1000 --gid agent --create-home --shell /bin/sh agent; \
    chgrp -R 0 /home/agent; \
    chmod -R g=u /home/agent

FROM base AS dependencies
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/aideator
COPY agent/requirements.txt /opt/build/
RUN /opt/build/bin/pip --python /opt/aideator/bin/python install --no-cache-dir --no-deps --require-hashes --no-compile -r /opt/build/requirements.txt
RUN set -eu; \
    cd /opt/aideator/lib/python3*/site-packages; \
    rm -rf litellm/proxy/_experimental/out; \
    find . -type d -name tests -prune -exec rm -rf {} +; \
    PYTHONDONTWRITEBYTECODE= /opt/aideator/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash .

FROM dependencies AS agent
RUN /opt/build/bin/pip install --no-cache-dir "setuptools==84.2.1"
COPY agent /opt/build/agent
RUN set -eu; \
    /opt/build/bin/pip install --no-cache-dir --no-deps --no-index --no-build-isolation --no-compile --prefix /opt/build/installed /opt/build/agent; \
    PYTHONDONTWRITEBYTECODE= /opt/aideator/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/build/installed

# What `aideator serve` takes comes on top of what the agent takes: a judge asks models, too.
FROM dependencies AS server-dependencies
COPY requirements-server.txt /opt/build/
RUN /opt/build/bin/pip --python /opt/aideator/bin/python install --no-cache-dir --no-deps --require-hashes --no-compile -r /opt/build/requirements-server.txt
RUN PYTHONDONTWRITEBYTECODE= /opt/aideator/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/aideator/lib

FROM agent AS server-package
COPY pyproject.toml README.md LICENSE /opt/build/server/
COPY aideator_cli /opt/build/server/aideator_cli
COPY templates /opt/build/server/templates
RUN set -eu; \
    /opt/build/bin/pip install --no-cache-dir --no-deps --no-index --no-build-isolation --no-compile --prefix /opt/build/installed /opt/build/server; \
    PYTHONDONTWRITEBYTECODE= /opt/aideator/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/build/installed; \
    printf '#!/bin/sh\nexec /opt/aideator/bin/python -m aideator_cli "$@"\n' > /opt/build/installed/bin/aideator

# `docker build --target server`: it runs under any user id, and writes nothing but the data folder and /tmp.
FROM base AS server
RUN mkdir -p /var/lib/aideator && chgrp 0 /var/lib/aideator && chmod 775 /var/lib/aideator && ln -s /opt/aideator/bin/aideator /usr/local/bin/aideator
COPY --from=server-dependencies /opt/aideator /opt/aideator
COPY --from=server-package /opt/build/installed /opt/aideator
LABEL org.opencontainers.image.title=aideator-server \
    org.opencontainers.image.version=0.1.0 \
    org.opencontainers.image.licenses=Apache-2.0
ENV AIDEATOR_HOME=/var/lib/aideator \
    HOME=/tmp \
    LITELLM_LOCAL_MODEL_COST_MAP=True \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
USER 1000:0
WORKDIR /tmp
EXPOSE 8642
ENTRYPOINT ["/opt/aideator/bin/aideator"]
CMD ["serve", "--host", "0.0.0.0", "--no-token", "--log", "json"]

FROM base
COPY --from=dependencies /opt/aideator /opt/aideator
COPY --from=agent /opt/build/installed /opt/aideator
LABEL org.opencontainers.image.title=aideator-agent \
    org.opencontainers.image.version=0.1.0 \
    org.opencontainers.image.licenses=Apache-2.0
ENV HOME=/home/agent \
    LITELLM_LOCAL_MODEL_COST_MAP=True \
    PYTHONUNBUFFERED=1
USER 1000:1000
WORKDIR /home/agent
ENTRYPOINT ["/opt/aideator/bin/python", "-m", "aideator_agent"]
