import { z } from "zod";

const answer = z.object({
  status: z.enum(["ready", "standby", "degraded", "notReady"]),
  reasons: z.array(z.string()).default([]),
  pid: z.number(),
  version: z.string(),
  uptimeSeconds: z.number(),
  /** Where one of several leads: the part of this one, and of a standby who leads. */
  role: z.enum(["leader", "standby", "finishing", "lost"]).optional(),
  epoch: z.number().optional(),
  leader: z.string().optional(),
});

/** What a bot says of itself at `/health`. */
export type Health = z.infer<typeof answer>;

export type HealthAnswer =
  | { readonly kind: "answered"; readonly health: Health }
  /** `why` is a sentence's end: "nothing listens on port 3001 of 127.0.0.1". */
  | { readonly kind: "silent"; readonly why: string };

const answerTimeoutMs = 2000;

export async function askHealth({
  host,
  port,
}: {
  readonly host: string;
  readonly port: number;
}): Promise<HealthAnswer> {
  if (port === 0) return { kind: "silent", why: "HTTP_PORT is 0, so its port is known to its log alone" };
  const where = `port ${port} of ${host}`;
  try {
    const origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
    const response = await fetch(`${origin}/health`, { signal: AbortSignal.timeout(answerTimeoutMs) });
    const health = answer.safeParse(await response.json());
    if (health.success) return { kind: "answered", health: health.data };
    return { kind: "silent", why: `what answers at ${where} is not this bot` };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: "silent", why: `what answers at ${where} is not this bot` };
    const timedOut = error instanceof Error && error.name === "TimeoutError";
    return { kind: "silent", why: timedOut ? `${where} does not answer` : `nothing listens on ${where}` };
  }
}
