# The service in a container: npm's dependencies without development packages, a user without
# rights, a root file system that is only read, everything that is written in the volume /data.
#
#   docker build -t dreamos .
#   docker run -d --name dreamos --init --read-only --tmpfs /tmp --cap-drop ALL \
#     -v dreamos:/data dreamos
#   docker exec dreamos dreamos ps
#
# The API listens on loopback, inside the container: publishing a port does not reach it. Use
# `docker exec` as above, or compose.yml, where Prometheus and Grafana share that loopback.

FROM node:22-slim AS install
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --loglevel=error

FROM install AS build
COPY deno.json ./
COPY bin ./bin
COPY scripts ./scripts
COPY src ./src
COPY agents ./agents
# Deno's cache of all that runs later, since nothing can be added to it then.
RUN DENO_DIR=/app/.deno find src -name '*.ts' \
    -exec node_modules/deno/deno cache --quiet --config deno.json {} +

FROM node:22-slim
ENV NODE_ENV=production \
    DREAMOS_HOME=/data \
    DENO_DIR=/app/.deno \
    PATH=/app/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
WORKDIR /app
COPY --from=build /app /app
# A volume takes over the owner and the mode of what it is put upon; /tokens is for compose.yml.
RUN install -d -o node -g node -m 0700 /data && install -d -o node -g node /tokens
USER node
VOLUME /data
EXPOSE 7420
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["node", "scripts/healthcheck.mjs"]
CMD ["bin/dreamos", "up"]
