# docker build --tag notificationhub:0.1.0 .
# infra/bicep/README.md builds it for two platforms, with labels, a list of its contents (SBOM) and its origin.
# Dependabot replaces the digests of the base images when Microsoft publishes new ones under these tags.

FROM --platform=$BUILDPLATFORM mcr.microsoft.com/dotnet/sdk:10.0-noble@sha256:e70cdb7f80b0348f5cb85f19a8f670fca061f033d57eed12fa003d58b0e06317 AS build
ARG TARGETARCH
WORKDIR /source
COPY . .
RUN --mount=type=cache,target=/root/.nuget/packages \
    dotnet publish src/NotificationHub --configuration Release --arch $TARGETARCH --no-self-contained \
    --output /app
RUN mkdir /data

# No shell and no package manager. "extra" adds ICU, which SqlClient requires.
FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra@sha256:00e0ad6a7ef8c0c1391b87f05c7ac757a15740455688f2bfcd146a3f4b987efd
ARG VERSION=0.0.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="NotificationHub" \
    org.opencontainers.image.description="Receives Apple's App and Book Management notifications and publishes events" \
    org.opencontainers.image.licenses="MIT" \
    org.opencontainers.image.version="$VERSION" \
    org.opencontainers.image.revision="$REVISION"
WORKDIR /app
COPY --from=build /app .
# The only writable folder besides /tmp. A new volume takes its owner from here.
COPY --from=build --chown=$APP_UID:$APP_UID /data /data
VOLUME /data
# Apple and consumers use port 8080. Administration and readiness are on port 8081 only: do not publish it to the internet.
ENV ASPNETCORE_HTTP_PORTS=8080 \
    Admin__Urls=http://+:8081 \
    Storage__ConnectionString="Data Source=/data/notificationhub.db"
EXPOSE 8080 8081
USER $APP_UID
# The start period is long because of migrations.
HEALTHCHECK --interval=30s --timeout=10s --start-period=300s --retries=3 CMD ["/app/NotificationHub", "health"]
ENTRYPOINT ["/app/NotificationHub"]
