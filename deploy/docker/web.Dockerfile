# The web:
#   docker build -f deploy/docker/web.Dockerfile -t sluice-web .
ARG BASE=node:22-bookworm-slim

FROM ${BASE} AS build
ENV NEXT_TELEMETRY_DISABLED=1
WORKDIR /web
COPY services/web/package.json services/web/package-lock.json services/web/.npmrc ./
RUN npm ci --no-audit --no-fund --loglevel=error
COPY services/web ./
# Next leaves what browsers load out of its standalone folder.
RUN npm run build && cp -r .next/static .next/standalone/.next/static

FROM ${BASE}
ENV NODE_ENV=production \
    HOSTNAME=0.0.0.0 \
    PORT=3000
COPY --from=build /web/.next/standalone /web
WORKDIR /web
USER node
EXPOSE 3000
CMD ["node", "server.js"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/api/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
