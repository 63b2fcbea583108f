# SPDX-License-Identifier: Apache-2.0
#
# The program and the libraries that it uses, on Debian 12, the last release with libh2o. There is nothing
# else in the image: no shell, no packages. doc/operating.md tells how to run it.
#
#   docker build --pull --no-cache --tag sallyport .
#   docker run --rm --read-only -v ./etc:/etc/sallyport:ro --network sallyport --name sallyport sallyport
#
# Build anew for Debian's security updates, as above, without what was kept of the last build. Build with
# --format docker where the tool's own format has no HEALTHCHECK.

FROM debian:bookworm-slim AS packages
RUN apt-get update \
    && apt-get upgrade --yes \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        ca-certificates gcc libc6-dev libcurl4-openssl-dev libh2o-evloop-dev libjansson-dev libsodium-dev \
        libssl-dev libyaml-dev meson ninja-build pkg-config \
    && rm -rf /var/lib/apt/lists/*

FROM packages AS build
WORKDIR /source
COPY . .
RUN meson setup /build --buildtype=release -Db_lto=true -Dunit_tests=disabled \
    && ninja -C /build src/cli/sallyport \
    && image/assemble /build/src/cli/sallyport /image

FROM scratch
COPY --from=build /image/ /
COPY --from=build --chown=65532:65532 /image/var/lib/sallyport/ /var/lib/sallyport/
LABEL org.opencontainers.image.title="sallyport" \
    org.opencontainers.image.description="Answers Traefik's ForwardAuth with logins of OpenID Connect" \
    org.opencontainers.image.version="0.1.0" \
    org.opencontainers.image.licenses="Apache-2.0"
USER 65532:65532
EXPOSE 4181 4182
HEALTHCHECK --interval=10s --timeout=4s --start-period=2s CMD ["/usr/bin/sallyport", "healthcheck"]
ENTRYPOINT ["/usr/bin/sallyport"]
CMD ["serve"]
