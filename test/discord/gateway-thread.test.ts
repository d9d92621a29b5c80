import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createManagementRest } from "../../src/discord/management-rest.ts";
import { deploy } from "../../src/discord/registration.ts";
import { SharedDeadline } from "../../src/discord/shared-deadline.ts";
import type { GuardThread } from "../../src/discord/threaded-strategy.ts";
import { OfferedTurns } from "../../src/interactions/index.ts";
import type { SandboxDiscord } from "../../src/sandbox/discord/api.ts";
import { startSandboxDiscord } from "../../src/sandbox/discord/index.ts";
import { createListeningGateway } from "./listening-gateway.ts";

describe("a gateway whose connections a thread of their own holds", () => {
  let discord: SandboxDiscord;
  const closing: (() => Promise<void>)[] = [];

  beforeEach(async () => {
    discord = await startSandboxDiscord();
    const rest = createManagementRest({ apiUrl: discord.apiUrl, sampleDate: () => {} }, discord.botToken);
    const { applicationId, guildId } = discord;
    await deploy(rest, { applicationId, guildId }, [{ name: "ping", description: "Here?" }]);
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
    await discord.close();
  });

  const createListening = (
    settings: Parameters<typeof createListeningGateway>[1] = {},
    changes: Partial<GuardThread> = {},
  ) => {
    const mayActUntil = new SharedDeadline();
    mayActUntil.set(Number.POSITIVE_INFINITY);
    const turns = new OfferedTurns();
    const listening = createListeningGateway(discord, {
      ...settings,
      guard: {
        program: new URL("../../dist/gateway-thread.js", import.meta.url),
        ...{ turns, mayActUntil, modes: { command: new Map(), component: new Map(), modal: new Map() } },
        ...{ maxAgeMs: 2500, callbackTimeoutMs: 2500, onDied: () => {}, ...changes },
      },
    });
    closing.push(() => listening.gateway.close());
    return { ...listening, turns, mayActUntil };
  };
  const use = (faults = {}) =>
    discord.interact({ kind: "command", name: "ping", personId: discord.addPerson().id }, faults);

  it("is up when connected, hands over what arrives, and ends its session with itself", async () => {
    const { gateway, told, interactions, until } = createListening();
    await gateway.connect();
    expect(told).toEqual(["up"]);
    const used = use();
    await until(() => interactions.length === 1);
    expect(interactions.map(({ id }) => id)).toEqual([used.id]);
    await gateway.close();
    expect(discord.sessions).toEqual([]);
  });

  it("lets the guard have what is not taken, and tells what became of it", async () => {
    const { gateway, interactions, turns, until } = createListening();
    await gateway.connect();
    const [guarded, taken] = [use(), use()];
    await until(() => interactions.length === 2);
    expect(turns.take(taken.id)).toBeUndefined();
    await guarded.until(({ saw }) => saw === "thinking");
    expect(await turns.take(guarded.id)).toMatchObject({ ownership: "owned", cause: "accepted", attempts: 1 });
    expect(taken.report().attempts).toEqual([]);
  });

  it("goes on with its session over another connection, and with what came in between", async () => {
    const { gateway, told, interactions, resumed, until } = createListening();
    await gateway.connect();
    const used = use({ dropGatewayFirst: true });
    await until(() => told.length === 3 && interactions.length === 1);
    expect(told).toEqual(["up", "down: reconnecting", "up"]);
    expect(interactions.map(({ id }) => id)).toEqual([used.id]);
    expect([resumed(), discord.identifiesRemaining]).toEqual([1, 999]);
  });

  it("does not connect again once the process may not act any more, and acknowledges nothing", async () => {
    const { gateway, told, mayActUntil, until } = createListening();
    await gateway.connect();
    mayActUntil.set(0);
    discord.dropGateway();
    await until(() => told.length === 2);
    const used = use();
    expect((await used.settled()).attempts).toEqual([]);
    expect(discord.sessions).toMatchObject([{ connected: false }]);
  });

  it("says that it is closed for good", async () => {
    const { gateway, closedForGood, until } = createListening();
    await gateway.connect();
    discord.dropGateway({ code: 4014, resumable: false });
    await until(() => closedForGood.length > 0);
    expect(closedForGood).toMatchObject([{ closeCode: 4014, badConfiguration: true }]);
  });

  it("asks before each IDENTIFY, and ends while it waits", async () => {
    let ended = false;
    const asked = new Promise<void>((resolve) => {
      const { gateway } = createListening({
        beforeIdentify(_shardId, signal) {
          resolve();
          return new Promise((_, reject) => {
            signal.addEventListener("abort", () => {
              ended = true;
              reject(signal.reason);
            });
          });
        },
      });
      gateway.connect().catch(() => {});
    });
    await asked;
    for (const close of closing.splice(0)) await close();
    expect([ended, discord.identifiesRemaining]).toEqual([true, 1000]);
  });

  it("tells that the thread died, and can be closed after it", async () => {
    const failing = new URL("data:text/javascript,throw%20new%20Error('broken')");
    const died: string[] = [];
    const { gateway } = createListening({}, { program: failing, onDied: ({ message }) => died.push(message) });
    await expect(gateway.connect()).rejects.toThrow("broken");
    expect(died).toEqual(["broken"]);
    await gateway.close();
  });
});

describe("a deadline that threads share", () => {
  it("has passed before it is set, passes when it is over, and never when it is endless", () => {
    const deadline = new SharedDeadline();
    const elsewhere = new SharedDeadline(deadline.memory);
    expect(elsewhere.passed).toBe(true);
    deadline.set(60_000);
    expect(elsewhere.passed).toBe(false);
    deadline.set(0);
    expect(elsewhere.passed).toBe(true);
    deadline.set(Number.POSITIVE_INFINITY);
    expect(elsewhere.passed).toBe(false);
  });
});
