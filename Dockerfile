# The gateway as an image: built in one stage, run in another that holds what it needs and nothing else.
# docs/container.md tells how it is used.

FROM node:26.10.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/clean.ts scripts/make-executable.ts scripts/
COPY src src
RUN npm run build

FROM node:26.10.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Without the optional packages: they are binaries of Node, and the image has its own.
RUN npm ci --omit=dev --omit=optional --ignore-scripts && npm cache clean --force
COPY --from=build /build/dist dist
COPY LICENSE ./
# Where volumes go that the gateway or its helpers write to; an empty volume takes over the owner.
RUN mkdir -p certs secrets/gateway secrets/redis && chown -R 1000:1000 certs secrets
# The user `node` of the base image, as a number, so that an orchestrator can see that it is not root.
USER 1000:1000
EXPOSE 8443 9902
STOPSIGNAL SIGTERM
# For `probes: { address: 127.0.0.1:9902 }`.
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:9902/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "/app/dist/cli/main.js"]
CMD ["run"]
