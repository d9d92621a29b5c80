import type { FastifyError, FastifyInstance } from "fastify";
import type { Clock } from "../../clock.ts";
import type { BackendMode } from "./api.ts";

/** What every endpoint family needs to know. */
export interface BackendContext {
  readonly clock: Clock;
  readonly mode: BackendMode;
  readonly apiKeys: { readonly discordBot: string; readonly subscriptions: string };
}

export const timestampOf = (clock: Clock): string => new Date(clock.now()).toISOString();

/** Health, trading, notifications, market (`backend-contract.md` 1.2). */
export const successA = (clock: Clock, data: unknown) => ({
  success: true,
  data,
  error: null,
  timestamp: timestampOf(clock),
});

/** `/discord/*`. */
export const successB = (clock: Clock, data: unknown) => ({
  success: true,
  data,
  error: null,
  metadata: { timestamp: timestampOf(clock), version: "v1" },
});

/** Whatever goes through the backend's global error handler, its validation or its rate limit. */
export const errorA = (text: string, timestamp: string) => ({ success: false, data: null, error: text, timestamp });

/** A failure that the backend means: its text is shown in every mode, its code in development. */
export class Refusal extends Error {
  readonly status: number;
  readonly refusalCode: string | undefined;

  constructor(status: number, text: string, code?: string) {
    super(text);
    this.status = status;
    this.refusalCode = code;
  }
}

/** A failure of the subscriptions controller, which answers in its own shape, error B. */
export class SubscriptionRefusal extends Error {
  readonly status: number;

  constructor(status: number, text: string) {
    super(text);
    this.status = status;
  }
}

/** Any other error is not meant: 500, with the driver's text in development and one sentence in production. */
export function answerErrors(server: FastifyInstance, { clock, mode }: BackendContext): void {
  const answerOf = (text: string, code: string | undefined, stack: string | undefined) => ({
    ...errorA(text, timestampOf(clock)),
    ...(mode === "development" && code !== undefined ? { stack, code } : {}),
  });

  server.setErrorHandler((error: FastifyError | Refusal | SubscriptionRefusal, _request, reply) => {
    if (error instanceof SubscriptionRefusal) {
      return reply.code(error.status).send({ success: false, error: error.message });
    }
    if (error instanceof Refusal) {
      return reply.code(error.status).send(answerOf(error.message, error.refusalCode, error.stack));
    }
    if (mode === "production") return reply.code(500).send(answerOf("Something went wrong!", undefined, undefined));
    const status = error instanceof SyntaxError ? 400 : 500;
    return reply.code(status).send(answerOf(error.message, "INTERNAL_ERROR", error.stack));
  });
  server.setNotFoundHandler((request) => {
    throw new Refusal(404, `Can't find ${request.url} on this server!`, "ROUTE_NOT_FOUND");
  });
}

/** The members of a body or a query, whatever was sent. */
export function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}
