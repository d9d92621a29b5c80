import { createHmac } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EventBus } from "../../src/operations/event-bus.ts";
import type { BotEvent } from "../../src/operations/events.ts";
import { Readiness } from "../../src/operations/readiness.ts";
import { createOperationsServer, type OperationsServer } from "../../src/operations/server.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const secret = "a-secret-of-the-webhook";

let clock: VirtualClock;
let url: string;
let received: string[];
let readable: boolean;
const servers: OperationsServer[] = [];

const start = async (withHook: boolean): Promise<string> => {
  const server = createOperationsServer({
    ...{ host: "127.0.0.1", port: 0, clock, version: "1.2.3", instanceMode: "lock" },
    readiness: new Readiness(new EventBus<BotEvent>(() => {})),
    metrics: { contentType: "text/plain", render: async () => "" },
    ...(withHook && {
      signalHook: {
        secret,
        receive: (text: string) => {
          received.push(text);
          return readable;
        },
      },
    }),
  });
  servers.push(server);
  return (await server.start()).url;
};

beforeEach(async () => {
  clock = new VirtualClock();
  [received, readable] = [[], true];
  url = await start(true);
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

const nowSeconds = () => Math.floor(clock.now() / 1000);
const hmac = (text: string, key = secret) => createHmac("sha256", key).update(text).digest("hex");
const signed = (body: string, seconds = nowSeconds(), key = secret) =>
  `t=${seconds},v1=${hmac(`${seconds}.${body}`, key)}`;

const post = async (body: string, signature?: string, headers: Record<string, string> = {}, at = url) => {
  const response = await fetch(`${at}/hooks/signal-ready`, {
    method: "POST",
    body,
    headers: { ...(signature === undefined ? {} : { "x-signature": signature }), ...headers },
  });
  return { status: response.status, text: await response.text(), headers: response.headers };
};

const body = '{"jobId":"a","signal":{"signal":"buy","note":"é"}}';

describe("POST /hooks/signal-ready", () => {
  it.each(["application/json", "text/plain", "application/x-www-form-urlencoded", "image/png"])(
    "takes what is signed, byte for byte, whatever it is called: %s",
    async (type) => {
      expect((await post(body, signed(body), { "content-type": type })).status).toBe(202);
      expect(received).toEqual([body]);
    },
  );

  it("takes the same again: whoever receives it knows", async () => {
    const signature = signed(body);
    expect([(await post(body, signature)).status, (await post(body, signature)).status]).toEqual([202, 202]);
  });

  it.each<readonly [string, () => string | undefined]>([
    ["none", () => undefined],
    ["an empty one", () => ""],
    ["one of another secret", () => signed(body, nowSeconds(), "another-secret-altogether")],
    ["one of another body", () => signed(`${body} `)],
    ["one of another time", () => `t=${nowSeconds() + 1},v1=${hmac(`${nowSeconds()}.${body}`)}`],
    ["one that is cut off", () => signed(body).slice(0, -2)],
    ["one that is longer", () => `${signed(body)}00`],
    ["one without a time", () => `v1=${hmac(body)}`],
    ["two", () => `${signed(body)}, ${signed(body)}`],
    ["letters", () => `t=${nowSeconds()},v1=${"z".repeat(64)}`],
    ["one of six minutes ago", () => signed(body, nowSeconds() - 360)],
    ["one of six minutes to come", () => signed(body, nowSeconds() + 360)],
  ])("refuses with 401, and looks at nothing, with a signature that is %s", async (_what, signature) => {
    expect((await post(body, signature())).status).toBe(401);
    expect(received).toEqual([]);
  });

  it("takes what was signed some minutes ago, or by a clock that is ahead", async () => {
    for (const offset of [-299, 299]) expect((await post(body, signed(body, nowSeconds() + offset))).status).toBe(202);
  });

  it("says 400 when what is signed cannot be read, also when it is nothing", async () => {
    readable = false;
    expect((await post("{", signed("{"))).status).toBe(400);
    expect((await post("", signed(""))).status).toBe(400);
  });

  it("says 413 to too much, and goes on", async () => {
    const large = "x".repeat(40_000);
    expect((await post(large, signed(large))).status).toBe(413);
    expect((await post(body, signed(body))).status).toBe(202);
    expect(received).toEqual([body]);
  });

  it("says what is allowed to another method", async () => {
    const answer = await fetch(`${url}/hooks/signal-ready`);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
    const elsewhere = await fetch(`${url}/livez`, { method: "POST", body: "{" });
    expect([elsewhere.status, elsewhere.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
  });

  it("says 404 like any unknown path when there is no secret", async () => {
    const without = await start(false);
    const answer = await post(body, signed(body), {}, without);
    const unknown = await fetch(`${without}/hooks/other`, { method: "POST", body });
    expect([answer.status, answer.text]).toEqual([404, await unknown.text()]);
    expect(answer.text).not.toContain("signal-ready");
  });
});
