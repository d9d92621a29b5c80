import type { FastifyInstance } from "fastify";
import type { Clock } from "../clock.ts";
import { isSigned } from "./hook-signature.ts";

export const signalHookPath = "/hooks/signal-ready";

export interface SignalHook {
  /** What the backend signs with. */
  readonly secret: string;
  /** Takes what was posted; false when it cannot be read. The same again changes nothing. */
  readonly receive: (text: string) => boolean;
}

/** A signal is two kilobytes. */
const longestBody = 32_768;

/** Lets the backend post results of jobs: what is not signed is not looked at. */
export function addSignalHook(app: FastifyInstance, { secret, receive }: SignalHook, clock: Clock): void {
  void app.register(async (scope) => {
    // What was signed are the bytes, whatever they are called.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
    scope.setErrorHandler((error, _request, reply) => {
      const status = statusOf(error);
      if (status === 413) return reply.code(413).send({ error: "too large", mostBytes: longestBody });
      return status >= 500
        ? reply.code(500).send({ error: "internal error" })
        : reply.code(400).send({ error: "malformed" });
    });
    scope.post(signalHookPath, { bodyLimit: longestBody }, async ({ body, headers }, reply) => {
      reply.header("cache-control", "no-store");
      // Without a body nothing was parsed.
      const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0);
      if (!isSigned({ signature: headers["x-signature"], body: bytes }, secret, clock.now())) {
        return reply.code(401).send({ error: "the signature is missing, wrong or too old" });
      }
      if (!receive(bytes.toString("utf8"))) return reply.code(400).send({ error: "malformed" });
      return reply.code(202).send({ status: "accepted" });
    });
  });
}

function statusOf(error: unknown): number {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return 500;
  return typeof error.statusCode === "number" ? error.statusCode : 500;
}
