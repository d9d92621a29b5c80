import { once } from "node:events";
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from "node:http";
import { createServer as createTcpServer, type Server } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type BackendCall, createHttp } from "../../src/backend/http.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { apiKey, patient } from "./support.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** What stands between the bot and the backend says things that the backend never would. */
async function callTo(server: Server) {
  servers.push(server.listen(0, "127.0.0.1"));
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const clock = new VirtualClock();
  const http = createHttp({ url: `http://127.0.0.1:${address.port}`, apiKey, clock, publish: () => {} });
  const call: BackendCall<unknown> = {
    operation: "test",
    method: "GET",
    path: "/trading/test",
    data: z.unknown(),
    timeoutMs: 1_000,
  };
  const run = async () => {
    const { answer } = await http(call, patient().signal);
    if ("failure" in answer) throw answer.failure;
    return answer.data;
  };
  return { clock, run };
}

const answering = (listener: RequestListener) => callTo(createHttpServer(listener));
const success = JSON.stringify({ success: true, data: 1 });

describe("answers that are not the backend's", () => {
  it("redirects are not followed: the key is for one host", async () => {
    const paths: (string | undefined)[] = [];
    const { run } = await answering((request, response) => {
      paths.push(request.url);
      response.writeHead(302, { location: "/elsewhere" }).end();
    });
    await expect(run()).rejects.toMatchObject({ kind: "badAnswer", status: 302 });
    expect(paths).toEqual(["/api/v1/trading/test"]);
  });

  it.each([
    ["a page", "<html>welcome</html>"],
    ["nothing", ""],
    ["another shape", '{"data":1}'],
    ["success that is not", '{"success":false,"data":1}'],
    ["null", "null"],
  ])("%s with status 200 is a bad answer", async (_name, body) => {
    const { run } = await answering((_request, response) => response.end(body));
    await expect(run()).rejects.toMatchObject({ kind: "badAnswer", status: 200 });
  });

  it("something that is not HTTP is a bad answer", async () => {
    const { run } = await callTo(createTcpServer((socket) => socket.end("SSH-2.0-hello\r\n")));
    await expect(run()).rejects.toMatchObject({ kind: "badAnswer", status: undefined });
  });

  it("a connection that ends in the middle of the body is a failed one", async () => {
    const { run } = await answering((_request, response) => {
      response.writeHead(200, { "content-length": "100" });
      response.write('{"success":', () => response.destroy());
    });
    await expect(run()).rejects.toMatchObject({ kind: "down" });
  });
});

describe("Retry-After", () => {
  it.each([
    ["seconds", () => "30", 30_000],
    ["a date", (clock: VirtualClock) => new Date(clock.now() + 20_000).toUTCString(), 20_000],
    ["a date that has passed", (clock: VirtualClock) => new Date(clock.now() - 20_000).toUTCString(), 0],
    ["nonsense", () => "soon", undefined],
    ["nothing", () => undefined, undefined],
  ])("may be %s", async (_name, header, retryAfterMs) => {
    const { clock, run } = await answering((_request, response) => {
      const value = header(clock);
      response.writeHead(429, value === undefined ? {} : { "retry-after": value }).end("{}");
    });
    await expect(run()).rejects.toMatchObject({ kind: "busy", retryAfterMs });
  });
});

describe("requests", () => {
  it("carry the key, say what they want, and have no Origin", async () => {
    const seen: IncomingMessage["headers"][] = [];
    const { run } = await answering((request, response) => {
      seen.push(request.headers);
      response.end(success);
    });
    await run();
    expect(seen[0]).toMatchObject({ "x-api-key": apiKey, accept: "application/json", "x-service-name": "discord-bot" });
    expect(seen[0]).not.toHaveProperty("origin");
    expect(seen[0]).not.toHaveProperty("authorization");
  });

  it("follow each other on one connection", async () => {
    const server = createHttpServer((_request, response) => response.end(success));
    let connections = 0;
    server.on("connection", () => {
      connections += 1;
    });
    const { run } = await callTo(server);
    await run();
    await run();
    expect(connections).toBe(1);
  });

  it("leave no timer behind", async () => {
    const { clock, run } = await answering((_request, response) => response.end(success));
    await run();
    expect(clock.pending).toBe(0);
  });
});
