FROM python:3.11-slim AS packages
WORKDIR /build
# requirements/cluster.txt: the same, Dask and S3
ARG LOCK=requirements/image.txt
COPY ${LOCK} lock.txt
# A venv without pip; the packages' own tests and type stubs stay out. Compiled here: at run time the root may be read-only.
RUN python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --no-compile --disable-pip-version-check \
        --require-hashes --only-binary :all: -r lock.txt \
    && find /venv -depth \( -type d -name tests -o -name '*.pyi' \) -exec rm -rf {} + \
    && python -m compileall -q -j 0 /venv
COPY processing /app/processing
COPY watcher /app/watcher
RUN python -m compileall -q /app \
    && PYTHONPATH=/app /venv/bin/python -c 'from processing.html.file_page import templates; [templates().get_template(each) for each in templates().list_templates(["html"])]' \
    && mkdir -m 1777 /app/data

FROM python:3.11-slim
LABEL org.opencontainers.image.title="tarucca-processor" \
      org.opencontainers.image.description="Watches a folder for solar-sensor CSV files, checks each one and archives it" \
      org.opencontainers.image.licenses="MIT"
ENV PATH=/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
COPY --from=packages /venv /venv
COPY --from=packages /app /app
WORKDIR /app
# The first user of Debian, Ubuntu and Raspberry Pi OS. Any other works too: docker run --user "$(id -u):$(id -g)" …
USER 1000:1000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
    CMD ["python", "-m", "watcher", "status"]
ENTRYPOINT ["python", "-m", "watcher"]
