import { Agent, get as httpGet, request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventBus } from "../../src/operations/event-bus.ts";
import type { BotEvent } from "../../src/operations/events.ts";
import { Readiness } from "../../src/operations/readiness.ts";
import {
  createOperationsServer,
  type OperationsServer,
  OperationsServerError,
  type OperationsServerOptions,
} from "../../src/operations/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

let clock: VirtualClock;
let bus: EventBus<BotEvent>;
let url: string;
let port: number;
let render: () => Promise<string>;
const servers: OperationsServer[] = [];

const create = (options: Partial<OperationsServerOptions> = {}): OperationsServer => {
  const server = createOperationsServer({
    host: "127.0.0.1",
    port: 0,
    clock,
    readiness: new Readiness(bus),
    metrics: { contentType: "text/plain; version=0.0.4; charset=utf-8", render: () => render() },
    version: "1.2.3",
    instanceMode: "lock",
    ...options,
  });
  servers.push(server);
  return server;
};

beforeEach(async () => {
  clock = new VirtualClock();
  bus = new EventBus<BotEvent>(() => {});
  render = async () => "up 1\n";
  ({ url, port } = await create().start());
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

const ask = async (path: string, init?: RequestInit) => {
  const response = await fetch(url + path, init);
  const text = await response.text();
  const isJson = text !== "" && response.headers.get("content-type")?.includes("json");
  const json: unknown = isJson ? JSON.parse(text) : undefined;
  return { status: response.status, headers: response.headers, text, json };
};

describe("the operations server", () => {
  it("is alive whatever Discord and Redis do", async () => {
    expect(await ask("/livez")).toMatchObject({ status: 200, json: { status: "alive" } });
    bus.publish({ kind: "gateway", state: "down" });
    bus.publish({ kind: "redis", state: "down" });
    bus.publish({ kind: "stopping" });
    expect(await ask("/livez")).toMatchObject({ status: 200 });
  });

  it("is ready with the gateway, degraded without Redis, and says why", async () => {
    expect(await ask("/readyz")).toMatchObject({ status: 503, json: { status: "notReady" } });
    bus.publish({ kind: "gateway", state: "up" });
    bus.publish({ kind: "redis", state: "down", reason: "ECONNREFUSED" });
    expect(await ask("/readyz")).toMatchObject({
      status: 200,
      json: { status: "degraded", reasons: ["redis is down, no signals are received: ECONNREFUSED"] },
    });
    bus.publish({ kind: "redis", state: "up" });
    expect(await ask("/readyz")).toMatchObject({ status: 200, json: { status: "ready" } });
  });

  it("tells status, uptime, pid, version, time, mode, gateway and Redis", async () => {
    bus.publish({ kind: "gateway", state: "up" });
    bus.publish({ kind: "redis", state: "up" });
    await clock.advance(61_400);
    expect(await ask("/health")).toMatchObject({
      status: 200,
      json: {
        status: "ready",
        uptimeSeconds: 61,
        pid: process.pid,
        version: "1.2.3",
        time: new Date(clock.now()).toISOString(),
        instanceMode: "lock",
        gateway: "up",
        redis: "up",
        backend: { leftAlone: [] },
      },
    });
  });

  it("is ready while it stands by, and says its part of several, and in which epoch", async () => {
    const { port: other } = await create({ instanceMode: "lease" }).start();
    url = `http://127.0.0.1:${other}`;
    expect((await ask("/health")).json).not.toHaveProperty("role");
    bus.publish({ kind: "leadership", role: "standby", epoch: 4, leader: "process 1 on a-host" });
    expect(await ask("/readyz")).toMatchObject({ status: 200, json: { status: "standby", reasons: [] } });
    expect((await ask("/health")).json).toMatchObject({
      status: "standby",
      role: "standby",
      epoch: 4,
      leader: "process 1 on a-host",
    });
    bus.publish({ kind: "leadership", role: "standby", reason: "ECONNREFUSED" });
    const why = ["redis cannot say who leads: ECONNREFUSED"];
    expect(await ask("/readyz")).toMatchObject({ status: 200, json: { status: "standby", reasons: why } });
    bus.publish({ kind: "leadership", role: "leader", epoch: 5 });
    expect(await ask("/readyz")).toMatchObject({ status: 503, json: { status: "notReady" } });
    bus.publish({ kind: "gateway", state: "up" });
    expect(await ask("/readyz")).toMatchObject({ status: 200, json: { status: "degraded" } });
    expect((await ask("/health")).json).toMatchObject({ role: "leader", epoch: 5 });
    bus.publish({ kind: "leadership", role: "lost", epoch: 5, reason: "whatever" });
    expect(await ask("/readyz")).toMatchObject({ status: 503, json: { reasons: ["the lead is lost"] } });
  });

  it("answers /health with 200 and its reasons when it is not ready", async () => {
    expect(await ask("/health")).toMatchObject({
      status: 200,
      json: { status: "notReady", reasons: expect.any(Array) },
    });
  });

  it("gives the metrics in Prometheus' format, and nothing to caches", async () => {
    const answer = await ask("/metrics");
    expect(answer).toMatchObject({ status: 200, text: "up 1\n" });
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("does not tell the outside why the metrics failed", async () => {
    render = async () => Promise.reject(new Error("a secret path"));
    expect(await ask("/metrics")).toMatchObject({ status: 500, json: { error: "internal error" } });
  });

  it.each(["/", "/admin", "/livez/", "/livez/x"])("answers 404 in JSON elsewhere: %s", async (path) => {
    expect(await ask(path)).toMatchObject({ status: 404, json: { error: "not found" } });
  });

  it.each<[string, RequestInit]>([
    ["POST with JSON", { method: "POST", body: "{", headers: { "content-type": "application/json" } }],
    ["POST of anything", { method: "POST", body: "x".repeat(500), headers: { "content-type": "image/png" } }],
    ["PUT", { method: "PUT" }],
    ["DELETE", { method: "DELETE" }],
    ["OPTIONS", { method: "OPTIONS" }],
  ])("answers 405 with what is allowed: %s", async (_name, init) => {
    const answer = await ask("/health?x=1", init);
    expect(answer).toMatchObject({ status: 405, json: { error: "method not allowed", allow: ["GET", "HEAD"] } });
    expect(answer.headers.get("allow")).toBe("GET, HEAD");
  });

  it("answers HEAD without a body", async () => {
    expect(await ask("/livez", { method: "HEAD" })).toMatchObject({ status: 200, text: "" });
  });

  it("survives what is not HTTP, and paths that are not paths", async () => {
    const closed = new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.write("\u0016\u0003 hello\r\n\r\n"));
      socket
        .on("error", () => {})
        .on("close", () => resolve())
        .resume();
    });
    await closed;
    expect((await ask("/%zz")).status).toBe(400);
    expect((await ask("/livez")).status).toBe(200);
  });
});

describe("stopping the operations server", () => {
  it("is prompt with a kept-alive connection open, and frees the port", async () => {
    const agent = new Agent({ keepAlive: true });
    await new Promise<void>((resolve) => {
      httpGet(`${url}/livez`, { agent }, (response) => response.resume().on("end", resolve));
    });
    await servers[0]?.stop();
    agent.destroy();
    expect(await create({ port }).start()).toMatchObject({ port });
  });

  it("is prompt with a request under way", async () => {
    let asked = () => {};
    const underWay = new Promise<void>((resolve) => {
      asked = resolve;
    });
    render = () => {
      asked();
      return new Promise(() => {});
    };
    const ended = new Promise<void>((resolve) => {
      httpRequest(`${url}/metrics`)
        .on("error", () => resolve())
        .end();
    });
    await underWay;
    await servers[0]?.stop();
    await ended;
  });
});

describe("an address that cannot be used", () => {
  const failure = async (options: Partial<OperationsServerOptions>): Promise<unknown> =>
    create(options)
      .start()
      .catch((error: unknown) => error);

  it("is told clearly when the port is in use", async () => {
    const error = await failure({ port });
    expect(error).toBeInstanceOf(OperationsServerError);
    expect(error).toMatchObject({ code: "PORT_IN_USE", message: expect.stringMatching(`port ${port}.*HTTP_PORT`) });
  });

  it.each(["192.0.2.1", "no-such-host.invalid"])("is told clearly when the host is not ours: %s", async (host) => {
    expect(await failure({ host })).toMatchObject({
      code: "HOST_UNUSABLE",
      message: expect.stringMatching(`${host}.*HTTP_HOST`),
    });
  });

  it("can be a name or IPv6, and the answer says where it listens", async () => {
    const { url: named } = await create({ host: "localhost" }).start();
    expect((await fetch(`${named}/livez`)).status).toBe(200);
  });
});
