import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { InteractionResponseType, MessageFlags } from "discord-api-types/v10";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createRestLane } from "../../src/interactions/rest-lane.ts";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { type Arrivals, type Arrived, listenForArrivals } from "../support/arrivals.ts";
import { findFreePort } from "../support/free-port.ts";
import { answer, stall, startRawServer } from "../support/raw-server.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

const defer = {
  type: InteractionResponseType.DeferredChannelMessageWithSource,
  data: { flags: MessageFlags.Ephemeral },
} as const;
/** Longer than any test of something that must not wait. */
const patient = { timeoutMs: 15_000, fresh: false };
const target = { id: "1", applicationId: "2", token: "aW50ZXJhY3Rpb246" };

type LaneSettings = Parameters<typeof createRestLane>[0];

describe("the interaction lane", () => {
  let discord: SandboxDiscord;
  let arrivals: Arrivals;
  const closing: (() => Promise<void>)[] = [];

  beforeAll(async () => {
    discord = await startSandboxDiscord();
    arrivals = await listenForArrivals(discord);
  });

  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  afterAll(async () => {
    await arrivals.stop();
    await discord.close();
  });

  const laneTo = (
    apiUrl: string,
    { sampleDate = () => {}, clock = systemClock, ...more }: Partial<LaneSettings> = {},
  ) => {
    const lane = createRestLane({ apiUrl, sampleDate, clock, ...more });
    closing.push(lane.close);
    return lane;
  };
  const serve = async (...handle: Parameters<typeof startRawServer>) => {
    const server = await startRawServer(...handle);
    closing.push(server.close);
    return server;
  };

  it("sends nothing when this process may not ask Discord any more", async () => {
    const { target, seen } = await arrivals.next();
    const lane = laneTo(discord.apiUrl, { mayRequest: () => false });
    expect(await lane.callback(target, defer, patient)).toEqual({ kind: "unsent" });
    expect(await lane.probe(target, { timeoutMs: 1_000 })).toEqual({ kind: "unknown" });
    expect(seen.report().attempts).toEqual([]);
  });

  describe("tells of a callback", () => {
    it("accepted, when Discord took it: the person sees that the bot is thinking", async () => {
      const { target, seen } = await arrivals.next();
      expect(await laneTo(discord.apiUrl).callback(target, defer, patient)).toEqual({ kind: "accepted" });
      expect(seen.report()).toMatchObject({ saw: "thinking", attempts: [{ callbackType: 5, status: 204 }] });
    });

    it("refused with 40060, when the interaction was acknowledged before", async () => {
      const { target } = await arrivals.next();
      const lane = laneTo(discord.apiUrl);
      await lane.callback(target, defer, patient);
      expect(await lane.callback(target, defer, patient)).toEqual({ kind: "refused", status: 400, code: 40060 });
    });

    it("refused with 10062, when Discord does not know the interaction", async () => {
      const { target } = await arrivals.next({ unknownForMs: 60_000 });
      expect(await laneTo(discord.apiUrl).callback(target, defer, patient)).toEqual({
        kind: "refused",
        status: 404,
        code: 10062,
      });
    });

    it("refused with 50035, when the body is not what Discord accepts", async () => {
      const { target, seen } = await arrivals.next();
      const tooLong = {
        type: InteractionResponseType.ChannelMessageWithSource,
        data: { content: "x".repeat(2001) },
      } as const;
      expect(await laneTo(discord.apiUrl).callback(target, tooLong, patient)).toEqual({
        kind: "refused",
        status: 400,
        code: 50035,
      });
      expect(seen.report().saw).toBe("waiting");
    });

    it.each([
      { name: "was reset", outcome: { kind: "reset", processed: true } },
      { name: "was closed without an answer", outcome: { kind: "close", processed: true } },
      { name: "hung", outcome: { kind: "hang", processed: true } },
    ] as const)("unaccounted, when the connection $name, and sends it once only", async ({ outcome }) => {
      const { target, seen } = await arrivals.next({ callbacks: [{ outcome }] });
      const clock = new VirtualClock();
      const sent = laneTo(discord.apiUrl, { clock }).callback(target, defer, patient);
      await seen.until(({ attempts }) => attempts[0]?.processed === true);
      if (outcome.kind === "hang") await clock.advance(patient.timeoutMs);
      expect(await sent).toEqual({ kind: "unaccounted" });
      expect(seen.report()).toMatchObject({ saw: "thinking", attempts: [{ request: "callback", processed: true }] });
      expect(seen.report().attempts).toHaveLength(1);
    });

    it.each([500, 502, 503])(
      "unaccounted with its status, when Discord answers %i, and sends it once",
      async (status) => {
        const { target, seen } = await arrivals.next({
          callbacks: [{ outcome: { kind: "status", status, processed: true } }],
        });
        expect(await laneTo(discord.apiUrl).callback(target, defer, patient)).toEqual({ kind: "unaccounted", status });
        expect(seen.report().attempts).toHaveLength(1);
      },
    );

    it("unsent, when nothing listens", async () => {
      const apiUrl = `http://127.0.0.1:${await findFreePort()}/api`;
      const lane = laneTo(apiUrl);
      expect(await lane.callback(target, defer, patient)).toEqual({ kind: "unsent" });
      expect(await lane.callback(target, defer, { ...patient, fresh: true })).toEqual({ kind: "unsent" });
    });

    it("limited with the time to wait, at once and without waiting itself", async () => {
      const outcome = { kind: "rateLimit", retryAfterMs: 60_000, scope: "user" } as const;
      const { target, seen } = await arrivals.next({ callbacks: [{ outcome }] });
      const result = await laneTo(discord.apiUrl).callback(target, defer, patient);
      expect(result).toMatchObject({ kind: "limited", retryAfterMs: expect.closeTo(60_000, -3) });
      expect(seen.report().attempts).toHaveLength(1);
    });
  });

  it("takes timeouts that are no whole milliseconds, and such that are over", async () => {
    const server = await serve((_request, response) => answer(response, 200, {}));
    const lane = laneTo(server.apiUrl);
    expect(await lane.callback(target, defer, { timeoutMs: 15_000.6, fresh: false })).toEqual({ kind: "accepted" });
    const silent = laneTo((await serve(() => {})).apiUrl);
    for (const timeoutMs of [20.6, 0.2, -3.5]) {
      const { kind } = await silent.callback(target, defer, { timeoutMs, fresh: false });
      // Whether there is a socket by then.
      expect(["unsent", "unaccounted"]).toContain(kind);
    }
  });

  it.each([
    { name: "no response", handle: () => {} },
    { name: "half a response", handle: (_request: unknown, response: ServerResponse) => stall(response) },
  ])("lets go of the connection when $name came in time", async ({ handle }) => {
    const server = await serve(handle);
    const clock = new VirtualClock();
    const sent = laneTo(server.apiUrl, { clock }).callback(target, defer, patient);
    await once(server.server, "request");
    await clock.advance(patient.timeoutMs);
    await sent;
    const [socket] = server.sockets;
    if (socket?.closed === false) await once(socket, "close");
    expect(socket?.closed).toBe(true);
  });

  it("starts, and stays warm, also when Discord limits what it is kept warm with", async () => {
    const server = await serve((_request, response) => {
      response.setHeader("retry-after", "60");
      answer(response, 429, { message: "slow down", retry_after: 60, global: false });
    });
    await laneTo(server.apiUrl).start();
    expect(server.sockets).toHaveLength(1);
  });

  it("makes a connection of its own for a fresh callback, and closes it afterwards", async () => {
    const server = await serve((_request, response) => answer(response, 200, {}));
    const lane = laneTo(server.apiUrl);
    await lane.callback(target, defer, patient);
    // A connection goes back to the others a moment after its response was read.
    await settle();
    await lane.callback(target, defer, patient);
    expect(server.sockets).toHaveLength(1);
    await lane.callback(target, defer, { ...patient, fresh: true });
    await lane.callback(target, defer, { ...patient, fresh: true });
    expect(server.sockets).toHaveLength(3);
    const [pooled, ...fresh] = server.sockets;
    for (const socket of fresh) if (!socket.closed) await once(socket, "close");
    expect(pooled?.closed).toBe(false);
  });

  it("lets no callback or edit wait behind others, however many there are", async () => {
    const hang = { outcome: { kind: "hang", processed: true } } as const;
    const lane = laneTo(discord.apiUrl);
    // More than the 50 a second that the library would let through.
    const stuck = await Promise.all(
      Array.from({ length: 60 }, () => arrivals.next({ callbacks: [hang], edits: [hang] })),
    );
    const pending = stuck.flatMap(({ target }) => [
      lane.callback(target, defer, patient),
      lane.editOriginal(target, { content: "late" }, patientSignal()).catch(() => {}),
    ]);
    await Promise.all(stuck.map(({ seen }) => seen.until(({ attempts }) => attempts.length === 2)));
    const { target, seen } = await arrivals.next();
    expect(await lane.callback(target, defer, patient)).toEqual({ kind: "accepted" });
    await lane.editOriginal(target, { content: "here" }, AbortSignal.timeout(15_000));
    expect(seen.report()).toMatchObject({ saw: "answered", visible: [{ content: "here", ephemeral: true }] });
    await lane.close();
    await Promise.all(pending);
  });

  it("does not count to 50 a second, which Discord does not apply to answers", async () => {
    const server = await serve((_request, response) => answer(response, 200, {}));
    const lane = laneTo(server.apiUrl);
    const startedAt = performance.now();
    const people = Array.from({ length: 300 }, (_, index) => ({ ...target, token: `${target.token}${index}` }));
    await Promise.all(people.map((person) => lane.editOriginal(person, { content: "here" }, patientSignal())));
    // The library's counter would take 5 s.
    expect(performance.now() - startedAt).toBeLessThan(4_500);
  });

  it("gives the server's date to whoever measures the clock's offset", async () => {
    const dates: (string | null)[] = [];
    const { target } = await arrivals.next();
    await laneTo(discord.apiUrl, { sampleDate: (date) => dates.push(date) }).callback(target, defer, patient);
    expect(dates).toEqual([expect.stringMatching(/GMT$/)]);
  });

  describe("looks at the original answer", () => {
    it("and finds it, or Discord's word that there is none, or nothing", async () => {
      const lane = laneTo(discord.apiUrl);
      const { target } = await arrivals.next();
      expect(await lane.probe(target, patient)).toEqual({ kind: "notThere", status: 404, code: 10015 });
      await lane.callback(target, defer, patient);
      expect(await lane.probe(target, patient)).toEqual({ kind: "there", loading: true });
      const silent = await serve(() => {});
      expect(await laneTo(silent.apiUrl).probe(target, { timeoutMs: 50 })).toEqual({ kind: "unknown" });
    });
  });

  describe("answers", () => {
    const acknowledged = async (lane: ReturnType<typeof laneTo>, faults = {}): Promise<Arrived> => {
      const arrived = await arrivals.next(faults);
      await lane.callback(arrived.target, defer, patient);
      return arrived;
    };

    it("by editing, following up and deleting, without the bot's token", async () => {
      const lane = laneTo(discord.apiUrl);
      const { target, seen } = await acknowledged(lane);
      await lane.editOriginal(target, { content: "one" }, patientSignal());
      await lane.followUp(target, { content: "two", flags: MessageFlags.Ephemeral }, patientSignal());
      expect(seen.report().visible.map(({ content }) => content)).toEqual(["one", "two"]);
      await lane.deleteOriginal(target, patientSignal());
      expect(seen.report().visible.map(({ content }) => content)).toEqual(["two"]);
    });

    it("or says which request failed, with status and code", async () => {
      const lane = laneTo(discord.apiUrl);
      const { target } = await arrivals.next();
      const refused = { name: "LaneError", code: "LANE_FAILED", status: 404, discordCode: 10015 };
      await expect(lane.editOriginal(target, { content: "one" }, patientSignal())).rejects.toMatchObject(refused);
      const outcome = { kind: "status", status: 503, processed: false } as const;
      const { target: next } = await acknowledged(lane, { edits: [{ outcome }] });
      await expect(lane.editOriginal(next, { content: "one" }, patientSignal())).rejects.toMatchObject({
        message: "edit: HTTP 503, code none",
        discordCode: undefined,
      });
    });

    it("or says that Discord asks to wait, and how long, at once and without waiting itself", async () => {
      const lane = laneTo(discord.apiUrl);
      const outcome = { kind: "rateLimit", retryAfterMs: 60_000, scope: "user" } as const;
      const { target, seen } = await acknowledged(lane, { edits: [{ outcome }], followUps: [{ outcome }] });
      const limited = { kind: "limited", status: 429, retryAfterMs: expect.closeTo(60_000, -3) };
      await expect(lane.editOriginal(target, { content: "one" }, patientSignal())).rejects.toMatchObject(limited);
      await expect(lane.followUp(target, { content: "two" }, patientSignal())).rejects.toMatchObject(limited);
      expect(seen.report().attempts).toHaveLength(3);
    });

    it("or says whether a request left that had no response", async () => {
      const unreachable = laneTo(`http://127.0.0.1:${await findFreePort()}/api`);
      await expect(unreachable.followUp(target, { content: "one" }, patientSignal())).rejects.toMatchObject({
        kind: "unsent",
        message: "follow-up: no connection",
      });
      const lane = laneTo(discord.apiUrl);
      const outcome = { kind: "reset", processed: true } as const;
      const { target: next } = await acknowledged(lane, { followUps: [{ outcome }] });
      await expect(lane.followUp(next, { content: "one" }, patientSignal())).rejects.toMatchObject({
        kind: "unaccounted",
      });
    });

    it("and gives up when it is told to, whether Discord is silent or in the middle of answering", async () => {
      const silent = laneTo((await serve(() => {})).apiUrl);
      const stalling = laneTo((await serve((_request, response) => stall(response))).apiUrl);
      for (const lane of [silent, stalling]) {
        const failure = lane.editOriginal(target, { content: "one" }, AbortSignal.timeout(50));
        await expect(failure).rejects.toMatchObject({ name: "LaneError", message: "edit: no response" });
      }
      await expect(silent.deleteOriginal(target, AbortSignal.abort())).rejects.toMatchObject({ name: "LaneError" });
    });
  });
});

const patientSignal = () => AbortSignal.timeout(15_000);
