# The production bundle on Node. tests/faults/long/container.test.ts runs these steps.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /src
COPY . .
RUN npx --yes pnpm@12.21.0 install --frozen-lockfile
RUN npx --yes pnpm@12.21.0 --filter @classroom/api --filter @classroom/web build
RUN rm apps/api/dist/*.map

FROM node:24.21.0-alpine
WORKDIR /app
COPY --from=build /src/apps/api/dist ./
COPY --from=build /src/apps/web/dist ./web
# Root owns the files and another user runs them, so the process cannot change its own code.
USER node
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/livez`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "main.mjs"]
