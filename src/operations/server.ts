import fastify, { type FastifyInstance, type FastifyReply } from "fastify";
import type { Clock } from "../clock.ts";
import type { Readiness } from "./readiness.ts";
import { addSignalHook, type SignalHook, signalHookPath } from "./signal-hook.ts";

export interface OperationsServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly readiness: Readiness;
  readonly metrics: { readonly contentType: string; render(): Promise<string> };
  readonly version: string;
  /** How this process keeps itself the only one, for example `lock`. */
  readonly instanceMode: string;
  /** Where the backend posts results; absent: nowhere. */
  readonly signalHook?: SignalHook | undefined;
}

export interface OperationsServer {
  /**
   * @returns where it listens
   * @throws {OperationsServerError}
   */
  start(): Promise<{ readonly host: string; readonly port: number; readonly url: string }>;
  /** Ends at once, also with idle connections open. */
  stop(): Promise<void>;
}

/** The operations server cannot listen where it was told to. */
export class OperationsServerError extends Error {
  override readonly name = "OperationsServerError";
  readonly code: "PORT_IN_USE" | "PORT_FORBIDDEN" | "HOST_UNUSABLE";

  constructor(code: OperationsServerError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** For supervisors, monitors and Prometheus: is it alive, does it do its work, and how well. */
export function createOperationsServer(options: OperationsServerOptions): OperationsServer {
  const app = fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: requestTimeoutMs,
    bodyLimit: 1_024,
    // No route has a schema; what compiles them would be loaded all the same.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  addRoutes(app, options);
  return {
    async start() {
      try {
        await app.listen({ host: options.host, port: options.port });
      } catch (error) {
        throw explainListenError(error, options);
      }
      const address = app.server.address();
      if (address === null || typeof address === "string") throw new Error("a TCP server has an address and a port");
      const { address: host, port } = address;
      return { host, port, url: `http://${host.includes(":") ? `[${host}]` : host}:${port}` };
    },
    stop: () => app.close(),
  };
}

const requestTimeoutMs = 10_000;

function addRoutes(app: FastifyInstance, options: OperationsServerOptions): void {
  const { readiness, metrics, clock, version, instanceMode, signalHook } = options;
  const startedAtMs = clock.monotonic();
  /** The methods that each path allows. */
  const paths = new Map<string, readonly string[]>();
  const get = (path: string, answer: (reply: FastifyReply) => unknown) => {
    paths.set(path, ["GET", "HEAD"]);
    app.get(path, async (_request, reply) => {
      reply.header("cache-control", "no-store");
      return answer(reply);
    });
  };

  // Alive means that this process answers. What Discord or Redis do must never get it restarted.
  get("/livez", () => ({ status: "alive" }));

  get("/readyz", (reply) => {
    const report = readiness.report();
    reply.code(report.status === "notReady" ? 503 : 200);
    return report;
  });

  get("/health", () => {
    const report = readiness.report();
    return {
      status: report.status,
      ...(report.status === "ready" ? {} : { reasons: report.reasons }),
      uptimeSeconds: Math.round((clock.monotonic() - startedAtMs) / 1_000),
      pid: process.pid,
      version,
      time: new Date(clock.now()).toISOString(),
      instanceMode,
      ...leadershipOf(readiness),
      gateway: readiness.gateway,
      redis: readiness.redis,
      backend: readiness.backend,
    };
  });

  get("/metrics", async (reply) => {
    reply.header("content-type", metrics.contentType);
    return metrics.render();
  });

  if (signalHook !== undefined) {
    paths.set(signalHookPath, ["POST"]);
    addSignalHook(app, signalHook, clock);
  }

  // Nothing else takes a body, so whatever comes is not read, and cannot be found faulty before the answer is.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const allow = paths.get(path);
    if (allow === undefined) return reply.code(404).send({ error: "not found", paths: [...paths.keys()] });
    return reply.code(405).header("allow", allow.join(", ")).send({ error: "method not allowed", allow });
  });
  app.setErrorHandler((_error, _request, reply) => reply.code(500).send({ error: "internal error" }));
}

function leadershipOf({ leadership }: Readiness) {
  if (leadership === undefined) return {};
  const { role, epoch } = leadership;
  return { role, epoch, ...(role === "standby" ? { leader: leadership.leader } : {}) };
}

function explainListenError(error: unknown, { host, port }: OperationsServerOptions): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "EADDRINUSE":
      return new OperationsServerError(
        "PORT_IN_USE",
        `port ${port} of ${host} is in use by another program, or by another copy of this bot: HTTP_PORT sets another`,
      );
    case "EACCES":
      return new OperationsServerError(
        "PORT_FORBIDDEN",
        `this user may not listen on port ${port} of ${host}: HTTP_PORT sets another`,
      );
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
    case "EINVAL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NONAME":
      return new OperationsServerError(
        "HOST_UNUSABLE",
        `${host} is not an address of this machine: HTTP_HOST sets another`,
      );
    default:
      return error;
  }
}

const noSchemas = (): never => {
  throw new Error("routes with a schema need a compiler for it");
};
