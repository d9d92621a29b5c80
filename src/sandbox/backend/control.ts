import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { backendFaultKinds, type SandboxBackend } from "./api.ts";
import { Refusal } from "./envelopes.ts";

const faultSchema = z.strictObject({
  route: z.string().optional(),
  kind: z.enum(backendFaultKinds),
  ms: z.number().nonnegative().optional(),
  times: z.int().positive().optional(),
});

const jobsSchema = z.strictObject({
  by: z.enum(["channel", "hook", "never"]),
  hook: z.strictObject({ url: z.url(), secret: z.string() }).optional(),
  afterMs: z.number().nonnegative().optional(),
  answerAfterMs: z.number().nonnegative().optional(),
  error: z.string().optional(),
});

type Control = Pick<SandboxBackend, "addFault" | "clearFaults" | "setSignal" | "setSignalJobs" | "publish">;

/** The control object's verbs over HTTP, for a person with curl and for other processes. No key is asked. */
export function addControlRoutes(server: FastifyInstance, control: Control): void {
  server.post("/sandbox/faults", (request, reply) => {
    control.addFault(check(faultSchema, request.body));
    return reply.code(204).send();
  });
  server.delete("/sandbox/faults", (_request, reply) => {
    control.clearFaults();
    return reply.code(204).send();
  });
  server.put<{ Params: { pair: string } }>("/sandbox/signals/:pair", (request, reply) => {
    control.setSignal(request.params.pair, check(z.record(z.string(), z.unknown()), request.body));
    return reply.code(204).send();
  });
  server.put("/sandbox/jobs", (request, reply) => {
    control.setSignalJobs(check(jobsSchema, request.body));
    return reply.code(204).send();
  });
  server.delete("/sandbox/jobs", (_request, reply) => {
    control.setSignalJobs("off");
    return reply.code(204).send();
  });
  server.post("/sandbox/publish", async (request) => ({
    subscribers: await control.publish(JSON.stringify(request.body)),
  }));
}

function check<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (!result.success) throw new Refusal(400, z.prettifyError(result.error));
  return result.data;
}
