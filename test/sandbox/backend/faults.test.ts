import { beforeEach, describe, expect, it } from "vitest";
import type { SandboxBackend } from "../../../src/sandbox/backend/server.ts";
import { VirtualClock } from "../../support/virtual-clock.ts";
import { call, startBackend, withTradingKey } from "./support.ts";

let clock: VirtualClock;
let backend: SandboxBackend;
beforeEach(async () => {
  clock = new VirtualClock();
  backend = await startBackend({ clock });
});
const health = () => call(backend, "GET /health");

describe("a fault", () => {
  it.each([
    ["429", 429, "Too many requests from this IP, please try again later"],
    ["500", 500, "Something went wrong!"],
    ["503", 503, "Failed to fetch historical data: connect ECONNREFUSED 127.0.0.1:5432"],
  ] as const)("%s answers with that status", async (kind, status, error) => {
    backend.addFault({ kind, ms: 30_000 });
    const answer = await health();
    expect(answer).toMatchObject({ status, body: { success: false, data: null, error } });
    expect(answer.headers.get("retry-after")).toBe(kind === "429" ? "30" : null);
  });

  it("latency answers rightly, later", async () => {
    backend.addFault({ kind: "latency", ms: 1_500 });
    const answer = health();
    await expect.poll(() => clock.pending).toBe(1);
    await clock.advance(1_499);
    expect(clock.pending).toBe(1);
    await clock.advance(1);
    expect((await answer).status).toBe(200);
  });

  it("reset cuts the connection", async () => {
    backend.addFault({ kind: "reset" });
    await expect(health()).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
  });

  it("malformed is a 200 whose JSON ends in the middle", async () => {
    backend.addFault({ kind: "malformed" });
    await expect(health()).rejects.toBeInstanceOf(SyntaxError);
  });

  it.each(["hang", "stall"] as const)("%s never finishes, and close ends it at once", async (kind) => {
    backend.addFault({ kind });
    const outcome = health().then(
      () => "answered",
      () => "cut",
    );
    await expect.poll(() => backend.requests.length).toBe(1);
    await backend.close();
    expect(await outcome).toBe("cut");
  });

  it("hits its route only, as often as it says, until it is removed", async () => {
    backend.addFault({ kind: "500", route: "POST /notifications", times: 2 });
    const remove = backend.addFault({ kind: "503", route: "/trading/signal" });
    const signal = () => call(backend, "GET /trading/signal?pair=EUR/USD", { headers: withTradingKey });
    const send = () => call(backend, "POST /notifications/send", { body: { signal: "buy", pair: "EUR/USD" } });
    expect((await call(backend, "GET /notifications/preferences/1")).status).toBe(200);
    expect([(await send()).status, (await send()).status, (await send()).status]).toEqual([500, 500, 200]);
    expect((await signal()).status).toBe(503);
    remove();
    expect((await signal()).status).toBe(200);
  });
});

describe("over HTTP", () => {
  const control = (method: string, path: string, body?: unknown) =>
    fetch(`${backend.url}/sandbox${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });

  it("faults are set and cleared", async () => {
    expect((await control("POST", "/faults", { kind: "500" })).status).toBe(204);
    expect((await health()).status).toBe(500);
    expect((await control("DELETE", "/faults")).status).toBe(204);
    expect((await health()).status).toBe(200);
  });

  it("a fault nobody knows is refused with the ones there are", async () => {
    const answer = await control("POST", "/faults", { kind: "explode" });
    expect(answer.status).toBe(400);
    expect(await answer.text()).toContain("malformed");
  });

  it("signals are set", async () => {
    await control("PUT", "/signals/EUR%2FUSD", { signal: "standby" });
    expect(await call(backend, "GET /trading/signal?pair=EUR/USD", { headers: withTradingKey })).toMatchObject({
      body: { data: { signal: { signal: "standby" } } },
    });
  });

  it("is not in the record of requests", async () => {
    await control("DELETE", "/faults");
    expect(backend.requests).toEqual([]);
  });
});
