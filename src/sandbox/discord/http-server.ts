import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { type Clock, delay } from "../../clock.ts";
import type { RequestFault, RequestRecord, Violation } from "./api.ts";
import type { ApiResult } from "./api-result.ts";
import { discordError, methodNotAllowed, unauthorized, unknownRoute } from "./errors.ts";
import type { RouteFaults } from "./faults.ts";
import type { RateLimits } from "./rate-limits.ts";
import { readRequestBody } from "./request-body.ts";
import type { ApiRequest, Method, Route } from "./route.ts";
import type { World } from "./world.ts";

export interface HttpServerOptions {
  readonly clock: Clock;
  readonly world: World;
  readonly faults: RouteFaults;
  readonly rateLimits: RateLimits;
  readonly routes: readonly Route[];
  readonly requests: RequestRecord[];
  readonly violations: Violation[];
}

interface Answer extends ApiResult {
  readonly headers?: Readonly<Record<string, string>>;
}

/** Serves the routes under `/api/v10` and `/api`, each request with the faults set for it. */
export const createHttpServer = (options: HttpServerOptions): FastifyInstance => {
  const server = fastify({
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    bodyLimit: bodyLimitBytes,
    // Interaction tokens are longer than the router's default limit for a parameter.
    routerOptions: { maxParamLength: 1000 },
  });
  // Discord keeps connections and names no time for it (discord-api-docs #1149), so a client's own limit decides.
  server.server.keepAliveTimeout = 0;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  for (const prefix of apiPrefixes) {
    for (const route of options.routes) {
      server.route({
        method: route.method,
        url: `${prefix}${route.template}`,
        handler: (request, reply) => serve(route, request, reply, options),
      });
    }
    for (const route of otherMethods(options.routes)) {
      server.route({
        method: route.methods,
        url: `${prefix}${route.template}`,
        handler: (request, reply) => refuse(methodNotAllowed(), route.template, request, reply, options),
      });
    }
  }
  server.setErrorHandler((error, request, reply) => {
    const tooLarge = error instanceof Error && "statusCode" in error && error.statusCode === 413;
    return refuse(tooLarge ? entityTooLarge : discordError(50109), "unknown", request, reply, options);
  });
  server.setNotFoundHandler((request, reply) => refuse(unknownRoute(), "unknown", request, reply, options));
  return server;
};

/** Versions other than the default are refused by Discord; the bare prefix means the default one. */
const apiPrefixes = ["/api/v10", "/api"];

const entityTooLarge: Answer = { status: 413, body: { code: 40005, message: "Request entity too large" } };

/** Discord takes requests of up to 25 MiB (`discord-facts.md` 5). */
const bodyLimitBytes = 25 * 1024 * 1024;

const serve = async (
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  options: HttpServerOptions,
): Promise<void> => {
  const record: Mutable<RequestRecord> = { at: options.clock.now(), method: route.method, route: route.template };
  options.requests.push(record);
  reply.hijack();
  const body = await readRequestBody(request.headers["content-type"] ?? "", bytesOf(request.body));
  const apiRequest: ApiRequest = {
    params: paramsOf(request),
    query: new URLSearchParams(request.url.split("?")[1] ?? ""),
    body: body.kind === "parsed" ? body.body : undefined,
    files: body.kind === "parsed" ? body.files : [],
  };
  const attempt = route.attempt?.(apiRequest);
  const fault = attempt?.fault ?? options.faults.take(route.method, route.template);
  if (fault?.delayRequestMs !== undefined) await delay(options.clock, fault.delayRequestMs);

  const looksAtIt = fault?.outcome === undefined || (fault.outcome.kind !== "rateLimit" && fault.outcome.processed);
  const answer = looksAtIt ? process(route, apiRequest, body.kind === "unreadable", request, options) : undefined;
  const inFault = fault?.outcome === undefined ? undefined : answerOfFault(fault.outcome);
  const code = codeOf(inFault) ?? codeOf(answer);
  attempt?.update({ processed: (answer?.status ?? 500) < 400, ...(code === undefined ? {} : { code }) });

  if (fault?.delayResponseMs !== undefined) await delay(options.clock, fault.delayResponseMs);
  const status = leave(fault?.outcome, inFault ?? answer, reply, options);
  if (status === undefined) return;
  record.status = status;
  const sentCode = codeOf(inFault ?? answer);
  if (sentCode !== undefined) record.code = sentCode;
  attempt?.update({ status });
};

/** Authentication, rate limit, effect: in Discord's order. */
const process = (
  route: Route,
  request: ApiRequest,
  unreadable: boolean,
  raw: FastifyRequest,
  { world, rateLimits, violations }: HttpServerOptions,
): Answer => {
  const authenticated = raw.headers.authorization === `Bot ${world.botToken}`;
  if (route.auth === "bot" && !authenticated) return unauthorized();
  const major = (route.major ?? []).map((name) => request.params[name] ?? "").join("/");
  const decision = rateLimits.take({ method: route.method, route: route.template, major, authenticated });
  if (decision.kind === "limited") return decision;
  const result: ApiResult = unreadable ? discordError(50109) : handled(route, request);
  if (result.violations !== undefined) {
    violations.push({ method: route.method, route: route.template, reasons: result.violations });
  }
  return { ...result, headers: decision.headers };
};

/** A defect of the sandbox must not look like a slow network: it is answered, and says what it is. */
const handled = (route: Route, request: ApiRequest): ApiResult => {
  try {
    return route.handle(request);
  } catch (error) {
    return { status: 500, body: { code: 0, message: `The sandbox itself failed: ${error}` } };
  }
};

const answerOfFault = (outcome: NonNullable<RequestFault["outcome"]>): Answer | undefined => {
  switch (outcome.kind) {
    case "reset":
    case "close":
    case "hang":
      return undefined;
    case "status":
      return { status: outcome.status };
    case "error":
      return { ...errorOf(outcome.code), status: outcome.status };
    case "rateLimit":
      return rateLimited(outcome.retryAfterMs, outcome.scope);
  }
};

/** Sends the answer, or ends the connection as the fault says; the status if one left. */
const leave = (
  outcome: RequestFault["outcome"],
  answer: Answer | undefined,
  reply: FastifyReply,
  { clock }: HttpServerOptions,
): number | undefined => {
  const { socket } = reply.raw;
  switch (outcome?.kind) {
    case "hang":
      return undefined;
    case "reset":
      socket?.resetAndDestroy();
      return undefined;
    case "close":
      socket?.end();
      return undefined;
    default:
  }
  if (answer === undefined || socket === null || socket.destroyed) return undefined;
  const text = answer.body === undefined ? "" : JSON.stringify(answer.body);
  reply.raw.writeHead(answer.status, {
    ...answer.headers,
    date: new Date(clock.now()).toUTCString(),
    ...(answer.body === undefined ? {} : { "content-type": "application/json" }),
    ...(answer.status === 204 ? {} : { "content-length": Buffer.byteLength(text) }),
  });
  reply.raw.end(text);
  return answer.status;
};

const refuse = (
  answer: Answer,
  template: string,
  request: FastifyRequest,
  reply: FastifyReply,
  options: HttpServerOptions,
): void => {
  reply.hijack();
  const record: Mutable<RequestRecord> = { at: options.clock.now(), method: request.method, route: template };
  options.requests.push(record);
  const status = leave(undefined, answer, reply, options);
  if (status === undefined) return;
  record.status = status;
  record.code = codeOf(answer) ?? 0;
};

const rateLimited = (retryAfterMs: number, scope: "user" | "global" | "shared"): Answer => ({
  status: 429,
  headers: {
    "retry-after": String(Math.ceil(retryAfterMs / 1000)),
    "x-ratelimit-scope": scope,
    "x-ratelimit-reset-after": String(retryAfterMs / 1000),
    ...(scope === "global" ? { "x-ratelimit-global": "true" } : {}),
  },
  body: { message: "You are being rate limited.", retry_after: retryAfterMs / 1000, global: scope === "global" },
});

/** A fault may name any code, also one for which the sandbox has no words of its own. */
const errorOf = (code: number): Answer => {
  try {
    return discordError(code);
  } catch {
    return { status: 500, body: { code, message: `Error ${code}` } };
  }
};

const codeOf = (answer: Answer | undefined): number | undefined => {
  const body = answer?.body;
  if (answer === undefined || answer.status < 400 || typeof body !== "object" || body === null) return undefined;
  return "code" in body && typeof body.code === "number" ? body.code : undefined;
};

/** The methods Discord would answer 405 on each path. */
const otherMethods = (routes: readonly Route[]): readonly { template: string; methods: Method[] }[] =>
  [...new Set(routes.map((route) => route.template))].map((template) => {
    const known = routes.filter((route) => route.template === template).map((route) => route.method);
    return { template, methods: everyMethod.filter((method) => !known.includes(method)) };
  });

const everyMethod: readonly Method[] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

const bytesOf = (body: unknown): Buffer | undefined => (Buffer.isBuffer(body) ? body : undefined);

const paramsOf = (request: FastifyRequest): Readonly<Record<string, string>> => {
  const { params } = request;
  if (typeof params !== "object" || params === null) return {};
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, String(value)]));
};

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
