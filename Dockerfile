# The gateway as one static binary. The build needs nothing from the network when the module cache is given to it:
#
#   docker build --build-context modcache="$(go env GOMODCACHE)" -t manifold .
#
# and without that fetches modules from the proxy. The image has no shell and no user database: run it with a read-only root file
# system, all capabilities dropped, and resources mounted:
#
#   docker run --read-only --cap-drop ALL -p 8000:8000 -p 8001:8001 -v "$PWD/examples/animals-and-plants:/resources:ro" \
#     manifold serve -f /resources/inference_services.yaml -f /resources/inference_graph.yaml

FROM scratch AS modcache

FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN --mount=type=bind,from=modcache,target=/modcache \
    --mount=type=cache,target=/go/pkg/mod \
    --mount=type=cache,target=/root/.cache/go-build \
    GOPROXY="file:///modcache/cache/download,https://proxy.golang.org" GONOSUMDB="*" GOFLAGS="-mod=readonly" \
    CGO_ENABLED=0 go build -trimpath -ldflags "-s -w" -o /manifold ./cmd/manifold

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /manifold /manifold
USER 65532:65532
EXPOSE 8000 8001 8002
ENTRYPOINT ["/manifold"]
CMD ["serve", "--help"]
