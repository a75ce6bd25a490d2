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
