import { once } from "node:events";
import { Agent, createServer, request as httpRequest } from "node:http";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openSlowLink, type SlowLink } from "../../../src/sandbox/bench/slow-link.ts";

const roundTripMs = 40;
const server = createServer((_request, response) => response.end("answer"));
let link: SlowLink;

beforeEach(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  link = await openSlowLink({ targetPort: typeof address === "object" ? (address?.port ?? 0) : 0, roundTripMs });
});

afterEach(() => {
  link.close();
  server.close();
});

it("takes a round trip for a request, and two more on a new connection", async () => {
  const agent = new Agent({ keepAlive: true });
  const first = await timeOf(agent);
  const second = await timeOf(agent);
  agent.destroy();
  expect(link.connections).toBe(1);
  expect(first).toBeGreaterThanOrEqual(3 * roundTripMs - 5);
  expect(second).toBeGreaterThanOrEqual(roundTripMs - 5);
  expect(first - second).toBeGreaterThan(roundTripMs);
});

async function timeOf(agent: Agent): Promise<number> {
  const startMs = performance.now();
  const sent = httpRequest({ port: link.port, host: "127.0.0.1", agent }).end();
  const [response] = await once(sent, "response");
  response.resume();
  await once(response, "end");
  return performance.now() - startMs;
}
