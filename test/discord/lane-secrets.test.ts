import { inspect } from "node:util";
import { MessageFlags } from "discord-api-types/v10";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createDeliveryLane } from "../../src/discord/delivery-lane.ts";
import { createRestLane } from "../../src/interactions/rest-lane.ts";
import type { RequestFault, SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { type Arrivals, listenForArrivals } from "../support/arrivals.ts";

/** Everything that could be printed of an error, however deep a logger looks. */
function everythingOf(error: unknown): string {
  const own = typeof error === "object" && error !== null ? Object.getOwnPropertyNames(error) : [];
  return [
    inspect(error, { depth: 10, showHidden: true, getters: true }),
    JSON.stringify(error),
    JSON.stringify(error, own),
  ].join("\n");
}

const wordsOfThePerson = "words of the person";

describe("an error of a lane", () => {
  let discord: SandboxDiscord;
  let arrivals: Arrivals;

  beforeAll(async () => {
    discord = await startSandboxDiscord();
    arrivals = await listenForArrivals(discord);
  });

  afterAll(async () => {
    await arrivals.stop();
    await discord.close();
  });

  const faults: readonly (RequestFault | undefined)[] = [
    undefined,
    { outcome: { kind: "reset", processed: false } },
    { outcome: { kind: "close", processed: false } },
    { outcome: { kind: "status", status: 503, processed: false } },
    { outcome: { kind: "error", status: 400, code: 50035, processed: false } },
  ];

  it("carries no interaction token, no address and none of the message", async () => {
    const lane = createRestLane({ apiUrl: discord.apiUrl, sampleDate: () => {} });
    for (const fault of faults) {
      const { target } = await arrivals.next({ edits: [fault], followUps: [fault] });
      const body = { content: wordsOfThePerson };
      const signal = AbortSignal.timeout(15_000);
      const failures = [
        await lane.editOriginal(target, body, signal).catch((error: unknown) => error),
        await lane
          .followUp(target, { ...body, flags: MessageFlags.Ephemeral }, signal)
          .catch((error: unknown) => error),
        await lane.deleteOriginal(target, signal).catch((error: unknown) => error),
        await lane.editOriginal(target, body, AbortSignal.abort()).catch((error: unknown) => error),
      ];
      for (const failure of failures) {
        expect(failure).toMatchObject({ name: "LaneError" });
        const text = everythingOf(failure);
        expect(text).not.toContain(target.token);
        expect(text).not.toContain(Buffer.from("interaction:").toString("base64").slice(0, 15));
        expect(text).not.toContain("127.0.0.1");
        expect(text).not.toContain(wordsOfThePerson);
      }
    }
    await lane.close();
  });

  it("carries no bot token, no address and none of the message", async () => {
    const { botToken } = discord;
    const lane = createDeliveryLane({
      apiUrl: discord.apiUrl,
      sampleDate: () => {},
      token: botToken,
      requestsPerSecond: 50,
      onInvalidRequests: () => {},
    });
    const person = discord.addPerson({ dms: "closed" });
    const { channelId } = await lane.openChannel(person.id);
    for (const fault of faults) {
      const route = "/channels/:id/messages";
      if (fault !== undefined) discord.addRouteFault({ method: "POST", route, fault, times: 1 });
      const message = {
        content: wordsOfThePerson,
        nonce: "n",
        enforce_nonce: true,
        allowed_mentions: { parse: [] },
      } as const;
      const failure = await lane.sendMessage(channelId, message).catch((error: unknown) => error);
      expect(failure).toMatchObject({ name: "LaneError" });
      const text = everythingOf(failure);
      for (const secret of [botToken, "127.0.0.1", wordsOfThePerson]) expect(text).not.toContain(secret);
    }
    await lane.close();
  });
});
