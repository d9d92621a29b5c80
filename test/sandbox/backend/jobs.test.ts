import { createHmac } from "node:crypto";
import { createServer, type Server } from "node:http";
import { Redis } from "ioredis";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { SandboxBackend } from "../../../src/sandbox/backend/server.ts";
import { type OwnRedis, startRedis } from "../../../src/sandbox/redis.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { call, withTradingKey as headers, startBackend } from "./support.ts";

let redis: OwnRedis;
let listener: Redis;
let hook: Server;
let posted: { body: string; signature: unknown }[];
let clock: VirtualClock;
let backend: SandboxBackend;

beforeAll(async () => {
  redis = await startRedis({ ignoreEnvironment: true, appendOnly: false });
  listener = new Redis(redis.url);
  await listener.subscribe("signal-ready");
  hook = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    posted.push({ body: Buffer.concat(chunks).toString(), signature: request.headers["x-signature"] });
    response.writeHead(202).end();
  }).listen(0, "127.0.0.1");
});
beforeEach(async () => {
  posted = [];
  clock = new VirtualClock();
  backend = await startBackend({ clock, redisUrl: redis.url });
});
afterAll(async () => {
  hook.close();
  listener.disconnect();
  await redis.stop();
});

const ask = () => call(backend, "GET /trading/signal?pair=EUR/USD&period=swing", { headers });
const heard = () => new Promise<string>((resolve) => listener.once("message", (_channel, text) => resolve(text)));
const accepted = { status: 202, body: { success: true, data: { jobId: expect.any(String) } } };

describe("a backend that computes signals as jobs", () => {
  it("answers 202 and publishes the signal later", async () => {
    backend.setSignalJobs({ by: "channel", afterMs: 5_000 });
    backend.setSignal("EUR/USD", { signal: "buy" });
    expect(await ask()).toMatchObject(accepted);
    const [job] = backend.jobs;
    expect(job).toEqual({ jobId: expect.any(String), pair: "EUR/USD", timeframe: "1h" });
    const message = heard();
    await clock.advance(5_000);
    expect(JSON.parse(await message)).toMatchObject({
      jobId: job?.jobId,
      signal: { pair: "EUR/USD", signal: "buy", periodInfo: { code: "swing" } },
    });
  });

  it("can publish before it answers", async () => {
    backend.setSignalJobs({ by: "channel", afterMs: 0, answerAfterMs: 5_000 });
    const [message, answer] = [heard(), ask()];
    await expect.poll(() => clock.pending, { timeout: 15_000 }).toBe(2);
    await clock.advance(0);
    await message;
    await clock.advance(5_000);
    expect(await answer).toMatchObject(accepted);
  });

  it("posts the signal to a hook, signed", async () => {
    const address = hook.address();
    const port = typeof address === "object" ? address?.port : undefined;
    backend.setSignalJobs({ by: "never" });
    await ask();
    const jobId = backend.jobs[0]?.jobId ?? "";
    await backend.deliverJob(jobId, { by: "hook", hook: { url: `http://127.0.0.1:${port}/`, secret: "s" } });
    const [{ body, signature } = { body: "", signature: "" }] = posted;
    const seconds = Math.floor(clock.now() / 1000);
    const hmac = createHmac("sha256", "s").update(`${seconds}.${body}`).digest("hex");
    expect(signature).toBe(`t=${seconds},v1=${hmac}`);
    expect(JSON.parse(body)).toMatchObject({ jobId, signal: { pair: "EUR/USD" } });
  });

  it("can fail, and can be told over HTTP", async () => {
    const control = (method: string, body?: object) =>
      fetch(`${backend.url}/sandbox/jobs`, {
        method,
        ...(body && { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
    expect((await control("PUT", { by: "channel", afterMs: 0, error: "no model" })).status).toBe(204);
    const message = heard();
    await ask();
    await clock.advance(0);
    expect(JSON.parse(await message)).toEqual({ jobId: backend.jobs[0]?.jobId, error: "no model" });
    expect((await control("PUT", { by: "pigeon" })).status).toBe(400);
    expect((await control("DELETE")).status).toBe(204);
    expect((await ask()).status).toBe(200);
  });

  it("sends nothing when it is told to", async () => {
    backend.setSignalJobs({ by: "never" });
    expect(await ask()).toMatchObject(accepted);
    expect(clock.pending).toBe(0);
  });
});
