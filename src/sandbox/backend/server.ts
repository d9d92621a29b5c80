import { randomBytes } from "node:crypto";
import { type FastifyInstance, type FastifyRequest, fastify } from "fastify";
import { systemClock } from "../../clock.ts";
import type { BackendRequestRecord, SandboxBackend, SandboxBackendOptions } from "./api.ts";
import { authenticate } from "./authentication.ts";
import { addControlRoutes } from "./control.ts";
import { answerErrors, type BackendContext, fieldsOf, Refusal } from "./envelopes.ts";
import { Faults } from "./faults.ts";
import { addHealthRoutes } from "./health.ts";
import { Jobs } from "./jobs.ts";
import { addMarketRoutes } from "./market.ts";
import { addNotificationRoutes } from "./notifications.ts";
import { createPublisher } from "./publisher.ts";
import { createRateLimit } from "./rate-limit.ts";
import { Signals } from "./signals.ts";
import { addSubscriptionRoutes } from "./subscriptions.ts";
import { addTradeRoutes } from "./trades.ts";
import { addTradingRoutes } from "./trading.ts";
import { addUserRoutes, Users } from "./users.ts";

export type * from "./api.ts";

/** Starts a backend with nobody registered and nothing subscribed; listening when it resolves. */
export async function startSandboxBackend(options: SandboxBackendOptions = {}): Promise<SandboxBackend> {
  const { clock = systemClock, mode = "production" } = options;
  const key = randomBytes(32).toString("hex");
  const { apiKeys = { discordBot: key, subscriptions: key } } = options;
  const context: BackendContext = { clock, mode, apiKeys };
  const faults = new Faults(clock);
  const signals = new Signals(clock);
  const users = new Users();
  const publisher = createPublisher(options.redisUrl);
  const jobs = new Jobs(clock, publisher);
  const limit = createRateLimit(clock, options.rateLimit);
  const server = createServer();

  const requests = recordRequests(server);
  // The order of the real one: origin, limit, (what goes wrong in the handler), key.
  server.addHook("onRequest", async (request, reply) => {
    if (!request.url.startsWith("/api/")) return;
    if (request.headers.origin !== undefined) throw new Refusal(403, "Not allowed by CORS", "CORS_ERROR");
    if (limit(request, reply) || (await faults.apply(request, reply))) return reply;
    authenticate(request, apiKeys);
  });
  answerErrors(server, context);
  addHealthRoutes(server, context);
  addMarketRoutes(server, context);
  addTradingRoutes(server, context, signals, jobs);
  addUserRoutes(server, context, users, options.databaseTrip);
  addTradeRoutes(server, context, users);
  addNotificationRoutes(server, context, publisher);
  addSubscriptionRoutes(server, context);

  const control = {
    setSignal: signals.set.bind(signals),
    addFault: faults.add.bind(faults),
    clearFaults: faults.clear.bind(faults),
    publish: (message: string) => publisher.publish(message),
    setSignalJobs: jobs.set.bind(jobs),
    deliverJob: jobs.deliver.bind(jobs),
  };
  addControlRoutes(server, control);
  const url = await server.listen({ port: options.port ?? 0, host: "127.0.0.1" });
  return {
    ...control,
    url,
    apiKey: apiKeys.discordBot,
    subscriptionsApiKey: apiKeys.subscriptions,
    requests,
    jobs: jobs.records,
    async close() {
      publisher.close();
      await server.close();
    },
  };
}

function createServer(): FastifyInstance {
  const server = fastify({
    // `backend-contract.md` 1.4.
    keepAliveTimeout: 5_000,
    // One hop of X-Forwarded-For is believed (`backend-contract.md` 1.3).
    trustProxy: (_address, hop) => hop === 0,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 500 },
  });
  // An empty body is an empty object, and bodies that are not JSON are not looked at.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser(
    "application/json",
    { parseAs: "string" },
    async (_request: FastifyRequest, body: string | Buffer) => (body === "" ? {} : JSON.parse(String(body))),
  );
  server.addContentTypeParser("*", { parseAs: "string" }, async () => ({}));
  return server;
}

/** More than any test looks at, and bounded for a sandbox that runs for days. */
const maxRecords = 10_000;

function recordRequests(server: FastifyInstance): readonly BackendRequestRecord[] {
  const records: (BackendRequestRecord & { status: number | undefined })[] = [];
  const open = new WeakMap<FastifyRequest, { status: number | undefined }>();
  server.addHook("onRequest", async (request) => {
    if (!request.url.startsWith("/api/")) return;
    const record = {
      method: request.method,
      path: request.url.split("?")[0] ?? "",
      query: Object.fromEntries(Object.entries(fieldsOf(request.query)).map(([name, value]) => [name, String(value)])),
      status: undefined,
    };
    records.push(record);
    open.set(request, record);
    if (records.length > maxRecords) records.shift();
  });
  // Before the answer leaves, so that whoever has the answer finds the record complete.
  server.addHook("onSend", async (request, reply) => {
    const record = open.get(request);
    if (record !== undefined) record.status = reply.statusCode;
  });
  return records;
}
