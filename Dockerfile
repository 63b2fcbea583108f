# SPDX-License-Identifier: Apache-2.0
#
# The program and the libraries that it uses, on Debian 12, the last release with libh2o. The image contains nothing
# else: no shell, no package manager. doc/operating.md describes how to run it.
#
#   docker build --pull --no-cache --tag sallyport .
#   docker buildx build --platform linux/amd64,linux/arm64 --tag sallyport .
#   docker run --rm --read-only -v ./etc:/etc/sallyport:ro --network sallyport --name sallyport sallyport
#
# An image for another platform is compiled by Debian's cross compiler: nothing is emulated. To get Debian's security
# updates, build again without the cache, as above. Build with --format docker if your tool's default format has no
# HEALTHCHECK.

FROM --platform=$BUILDPLATFORM debian:bookworm-slim AS packages
ARG TARGETARCH
RUN case "${TARGETARCH:=$(dpkg --print-architecture)}" in \
        amd64) compiler=gcc-x86-64-linux-gnu ;; \
        arm64) compiler=gcc-aarch64-linux-gnu ;; \
        *) echo "no image is made for $TARGETARCH" >&2; exit 1 ;; \
    esac \
    && dpkg --add-architecture "$TARGETARCH" \
    && apt-get update \
    && apt-get upgrade --yes \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        ca-certificates "$compiler" meson ninja-build pkg-config python3 \
        "libc6-dev:$TARGETARCH" "libcurl4-openssl-dev:$TARGETARCH" "libh2o-evloop-dev:$TARGETARCH" \
        "libjansson-dev:$TARGETARCH" "libsodium-dev:$TARGETARCH" "libssl-dev:$TARGETARCH" \
        "libyaml-dev:$TARGETARCH" \
    && rm -rf /var/lib/apt/lists/*

FROM packages AS build
ARG TARGETARCH
WORKDIR /source
COPY . .
RUN : "${TARGETARCH:=$(dpkg --print-architecture)}" \
    && meson setup /build --cross-file "image/$TARGETARCH.ini" \
        --buildtype=release -Db_lto=true -Dunit_tests=disabled -Dc_args=-ffile-prefix-map=../source/= \
    && ninja -C /build src/cli/sallyport \
    && image/assemble "$TARGETARCH" /build/src/cli/sallyport /image

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
