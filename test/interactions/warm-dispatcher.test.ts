import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Agent, request } from "undici";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { WarmDispatcher } from "../../src/interactions/warm-dispatcher.ts";
import { answer, type RawServer, startRawServer } from "../support/raw-server.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

/** How often the open socket is used, and how long it may take, ms. */
const warmEveryMs = 5000;
const warmTimeoutMs = 2000;

const answered = (_request: IncomingMessage, response: ServerResponse): void => answer(response, 200, {});
const silent = (): void => {};
const reset = ({ socket }: IncomingMessage): void => void socket.resetAndDestroy();

describe("a warm dispatcher", () => {
  let server: RawServer;
  let clock: VirtualClock;
  let warm: WarmDispatcher;
  let renewed: Agent[];
  /** What the server does with requests, by path. */
  let does: Record<string, (request: IncomingMessage, response: ServerResponse) => void>;

  beforeEach(async () => {
    does = {};
    server = await startRawServer((request, response) => (does[request.url ?? ""] ?? answered)(request, response));
    clock = new VirtualClock();
    renewed = [];
    warm = new WarmDispatcher({
      clock,
      ask: (agent, signal) => ask(agent, "/trifle", signal),
      onRenewed: (agent) => renewed.push(agent),
    });
  });

  afterEach(async () => {
    await warm.close();
    await server.close();
  });

  const ask = async (agent: Agent, path: string, signal?: AbortSignal): Promise<void> => {
    const { body } = await request(new URL(path, server.apiUrl), { dispatcher: agent, signal: signal ?? null });
    await body.dump();
  };
  /** Resolves when the server gets the next request for this path. */
  const asked = (path: string, then = answered): Promise<void> =>
    new Promise((resolve) => {
      does[path] = (request, response) => {
        does[path] = then;
        then(request, response);
        resolve();
      };
    });
  /** Two sockets in the pool, which is more than the trifle needs. */
  const openTwo = async () => {
    await warm.start();
    const responses: ServerResponse[] = [];
    const both = new Promise<void>((resolve) => {
      does["/both"] = (_request, response) => {
        responses.push(response);
        if (responses.length === 2) resolve();
      };
    });
    const asking = Promise.all([ask(warm.agent, "/both"), ask(warm.agent, "/both")]);
    await both;
    for (const response of responses) answer(response, 200, {});
    await asking;
  };
  /** Whether a request leaves on a connection that is none of those made before. */
  const leavesOnNewConnection = async (): Promise<boolean> => {
    const before = [...server.sockets];
    const used = new Promise<boolean>((resolve) => {
      does["/callback"] = (request, response) => {
        answer(response, 200, {});
        resolve(!before.includes(request.socket));
      };
    });
    await ask(warm.agent, "/callback");
    return await used;
  };
  const dies = async (how: typeof reset): Promise<void> => {
    const trifle = asked("/trifle", how);
    await clock.advance(warmEveryMs);
    await trifle;
  };
  const isRenewed = async (): Promise<void> => {
    while (renewed.length === 0) await clock.advance(0);
  };

  it("opens one socket and uses it again and again", async () => {
    await warm.start();
    for (let times = 0; times < 3; times += 1) {
      const trifle = asked("/trifle");
      await clock.advance(warmEveryMs);
      await trifle;
      // The next is planned when the response has been read.
      while (clock.pending !== 1) await clock.advance(0);
    }
    // A connection goes back to the others a moment after its response was read.
    await settle();
    expect(await leavesOnNewConnection()).toBe(false);
    expect(server.sockets).toHaveLength(1);
    expect(renewed).toEqual([]);
  });

  it("gives up every socket when the open one does not answer any more", async () => {
    await openTwo();
    await dies(silent);
    await clock.advance(warmTimeoutMs - 1);
    expect(renewed).toEqual([]);
    await clock.advance(1);
    await isRenewed();
    expect(renewed).toEqual([warm.agent]);
    expect(await leavesOnNewConnection()).toBe(true);
  });

  it("gives up every socket when the open one is reset, without waiting", async () => {
    await openTwo();
    await dies(reset);
    await isRenewed();
    expect(await leavesOnNewConnection()).toBe(true);
  });

  it("lets what is in flight on the others finish, and closes them then", async () => {
    await warm.start();
    let respond = () => {};
    const arrived = new Promise<void>((resolve) => {
      does["/slow"] = (_request, response) => {
        respond = () => answer(response, 200, {});
        resolve();
      };
    });
    const slow = ask(warm.agent, "/slow");
    await arrived;
    await dies(reset);
    await isRenewed();
    const [first] = server.sockets;
    respond();
    await slow;
    if (first?.closed === false) await once(first, "close");
  });

  it("tries again when nothing can be reached, and asks no more once it is closed", async () => {
    does["/trifle"] = reset;
    await warm.start();
    expect(renewed).toHaveLength(1);
    expect(clock.pending).toBe(1);
    await warm.close();
    expect(clock.pending).toBe(0);
    await warm.start();
    expect(clock.pending).toBe(0);
  });
});
