import { afterEach, describe, expect, it } from "vitest";
import type { Clock } from "../../src/clock.ts";
import { type Answer, type Command, DiscordClock } from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { startVirtualBot, type VirtualBot, type VirtualBotOptions } from "../support/virtual-bot.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const command = (execute: (context: { readonly signal: AbortSignal }) => Promise<Answer>): Command => ({
  definition: { name: "do", description: "Does something" },
  visibility: "private",
  execute,
});

/** What JavaScript lets a command resolve with, whatever the types say. */
const untyped = (json: string): Answer => JSON.parse(json);

const wrongBy = (clock: Clock, ms: number): Clock => ({
  now: () => clock.now() + ms,
  monotonic: () => clock.monotonic(),
  schedule: (delayMs, task) => clock.schedule(delayMs, task),
});

describe("no interaction ends in silence", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  const seenAfter = async (options: VirtualBotOptions) => {
    bot = await startVirtualBot(options);
    const { seen, ended } = await bot.use("do");
    await ended;
    return { content: seen.report().visible[0]?.content, saw: seen.report().saw, outcomes: bot.outcomes(seen.id) };
  };

  it("when a command resolves with nothing", async () => {
    const seen = await seenAfter({ commands: [command(async () => untyped("null"))] });
    expect(seen).toEqual({ content: "it failed", saw: "answered", outcomes: ["failed"] });
  });

  it("when a command that has been deferred asks for a modal", async () => {
    const seen = await seenAfter({ commands: [command(async () => untyped('{"modal":{}}'))] });
    expect(seen).toEqual({ content: "it failed", saw: "answered", outcomes: ["failed"] });
  });

  it("when explaining a failure fails", async () => {
    const { content, outcomes } = await seenAfter({
      commands: [command(() => Promise.reject(new Error("broken")))],
      explain: () => {
        throw new Error("broken too");
      },
    });
    expect(content).toContain(texts.interaction.plainFailure(""));
    expect(outcomes).toEqual(["failed"]);
  });

  it("when whoever listens to events throws", async () => {
    const { content, saw } = await seenAfter({
      commands: [command(async () => ({ content: "done" }))],
      publish: () => {
        throw new Error("the log is full");
      },
    });
    expect({ content, saw }).toEqual({ content: "done", saw: "answered" });
  });

  it("when our clock is far ahead and Discord's has not been seen yet", async () => {
    const clock = new VirtualClock();
    const discordClock = new DiscordClock(wrongBy(clock, 20 * 60_000));
    bot = await startVirtualBot({ commands: [command(async () => ({ content: "done" }))], clock, discordClock });
    const { seen, ended } = await bot.use("do");
    await ended;
    expect(seen.report().visible[0]?.content).toBe("done");
  });

  it("when Discord cannot be reached for a minute after it took an acknowledgement", async () => {
    const clock = new VirtualClock();
    const answers: (string | null | undefined)[] = [];
    bot = await startVirtualBot({
      clock,
      commands: [command(async () => ({ content: "done" }))],
      lane: {
        callback: async () => ({ kind: "unaccounted" }),
        probe: async () => (clock.monotonic() < 60_000 ? { kind: "unknown" } : { kind: "there", loading: true }),
        editOriginal: async (_target, { content }) => void answers.push(content),
        followUp: async () => {},
        deleteOriginal: async () => {},
      },
    });
    const { ended } = await bot.use("do");
    await clock.advance(90_000);
    await ended;
    expect(answers).toEqual(["done"]);
  });

  it("when the process stops: a command that has not begun is not begun, and the person is told", async () => {
    let begun = 0;
    const commands = [
      command(async () => {
        begun += 1;
        return { content: "done" };
      }),
    ];
    bot = await startVirtualBot({ commands });
    await bot.layer.drain(0);
    const { seen, ended } = await bot.use("do");
    await ended;
    expect(seen.report().visible[0]?.content).toBe("it failed");
    expect(begun).toBe(0);
  });
});
