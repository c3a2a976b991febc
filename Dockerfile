FROM node:24-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:24-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/audit-relay
COPY --from=build /src/package.json /src/LICENSE ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/bin ./bin
COPY --from=build /src/dist ./dist
RUN mkdir -p /var/lib/audit-relay /etc/audit-relay && chown node:node /var/lib/audit-relay
USER node
WORKDIR /var/lib/audit-relay
VOLUME /var/lib/audit-relay
ENTRYPOINT ["node", "--max-semi-space-size=8", "/opt/audit-relay/bin/audit-relay.js"]
CMD ["run", "--config", "/etc/audit-relay/audit-relay.yaml"]
