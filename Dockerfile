# SPDX-License-Identifier: Apache-2.0
#
# The program and the libraries that it uses, on Debian 12, the last release with libh2o.
#
#   docker build --tag sallyport .
#   docker run --rm -v ./etc:/etc/sallyport:ro -p 4181:4181 -p 4182:4182 sallyport
#
# The configuration is /etc/sallyport/sallyport.yaml; its trusted_proxies must name the network that the
# proxy's connections come from. The process is user 65532, so the key file must be
# readable for that user and for nobody else. Build with --format docker where the tool's own format has no
# HEALTHCHECK.

FROM debian:bookworm-slim AS build
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        gcc libc6-dev libcurl4-openssl-dev libh2o-evloop-dev libjansson-dev libsodium-dev libssl-dev \
        libyaml-dev meson ninja-build pkg-config uthash-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY meson.build meson_options.txt ./
COPY include include
COPY src src
COPY test/meson.build test/meson.build
COPY test/check test/check
RUN meson setup /build --buildtype=release -Dunit_tests=disabled \
    && ninja -C /build src/cli/sallyport \
    && install -D --strip /build/src/cli/sallyport /image/usr/bin/sallyport

FROM debian:bookworm-slim
RUN apt-get update \
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
        ca-certificates libcurl4 libh2o-evloop0.13 libjansson4 libsodium23 libssl3 libyaml-0-2 \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /image/ /
USER 65532:65532
EXPOSE 4181 4182
HEALTHCHECK --interval=10s --timeout=4s --start-period=2s CMD ["/usr/bin/sallyport", "healthcheck"]
ENTRYPOINT ["/usr/bin/sallyport"]
CMD ["serve"]
