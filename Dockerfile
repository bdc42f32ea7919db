# syntax=docker/dockerfile:1

# One image for every service: what differs is the command. There is no build
# step, Node runs the TypeScript as it is. The version is that of the npm package
# `node` in package-lock.json; a test holds the two together.
ARG NODE_IMAGE=node:24.21.0-trixie-slim

# What npm needs to know, and nothing else: the layer of node_modules below stays
# in the cache until one of these files changes.
FROM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY packages packages
COPY services services
COPY test/simulator test/simulator
RUN find packages services test -type f ! -name package.json -delete

# Without optional packages: they are the embedded PostgreSQL of `npm start`, and
# native accelerators that have an equivalent in JavaScript.
FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=optional --ignore-scripts

FROM ${NODE_IMAGE}
ARG VERSION=local
LABEL org.opencontainers.image.title="Longhaul" \
      org.opencontainers.image.description="An asynchronous LLM router: durable jobs, content-aware routing" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
ENV NODE_ENV=production
# By itself V8 spends what the machine has: these are the bounds of a service.
ENV NODE_OPTIONS="--max-semi-space-size=16 --max-old-space-size=1024"
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY infra/image infra/image
COPY packages packages
COPY services services
COPY test/simulator test/simulator

# The user `node`, by number, so that Kubernetes can see that it is not root. It
# owns nothing here and needs to write nowhere.
USER 1000:1000
# The default of PORT. Services handle SIGTERM themselves and start no processes,
# so they need no init above them.
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=6s --start-period=60s --start-interval=2s --retries=2 \
  CMD ["node", "infra/image/health.ts", "http://127.0.0.1:8080/healthz"]
CMD ["node", "services/ingress/main.ts"]
