# The service in a container: npm's dependencies without development packages, a user without
# rights, everything that is written in the volume /data.
#
#   docker build -t dreamos .
#   docker run --init -d --name dreamos -v dreamos:/data dreamos
#   docker exec dreamos bin/dreamos ps
#
# The API listens on loopback, inside the container: publishing a port does not reach it. Use
# `docker exec` as above, or `docker run --network host` for clients on the same machine.

FROM node:22-slim AS install
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --loglevel=error

FROM node:22-slim
ENV NODE_ENV=production \
    DREAMOS_HOME=/data \
    DENO_DIR=/app/.deno
WORKDIR /app
COPY --from=install /app/node_modules ./node_modules
COPY package.json package-lock.json deno.json ./
COPY bin ./bin
COPY scripts ./scripts
COPY src ./src
COPY agents ./agents
# The first run fills Deno's cache, so that a container starts as fast as the second start.
RUN mkdir -m 0700 /data && bin/dreamos --help > /dev/null && chown node:node /data .deno
USER node
VOLUME /data
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
    CMD ["node", "scripts/healthcheck.mjs"]
CMD ["bin/dreamos", "up"]
