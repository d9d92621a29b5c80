import { describe, expect, it } from "vitest";
import type { PlainCommand } from "../../src/commands/index.ts";
import { withStopNotice } from "../../src/commands/stop-notice.ts";
import { type Answer, Refusal } from "../../src/interactions/index.ts";
import { stopNotice } from "../../src/presentation/rules-cards.ts";
import { texts } from "../../src/presentation/texts.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";
import { alice, ask, bob, refusalOf, requestOf } from "./asking.ts";
import { FakeRules } from "./fake-rules.ts";

const stopped = { code: 50007, atMs: Date.UTC(2026, 0, 5, 11, 0, 0) };

const setUp = (
  execute: PlainCommand["execute"] = async () => ({ content: "Done." }),
  visibility: PlainCommand["visibility"] = "private",
) => {
  const rules = new FakeRules();
  const clock = new VirtualClock();
  const plain: PlainCommand = { definition: { name: "any", description: "Any" }, visibility, execute };
  return { rules, clock, plain, command: withStopNotice(plain, { rules, clock }) };
};

describe("somebody to whom nothing is sent any more", () => {
  it("is told with the answer to their next command, why and how to come back, and only once", async () => {
    const { rules, command } = setUp();
    rules.stop(alice.id, stopped);
    const text = await ask(command);
    expect(text).toBe(`Done.\n${stopNotice(stopped)}`);
    expect(text).toContain("since <t:1767610800:R>: your direct messages are closed to the bot");
    expect(text).toContain("use `/notifications resume`");
    expect(await ask(command)).toBe("Done.");
  });

  it("is told that no server is shared any more, when that is why", async () => {
    const { rules, command } = setUp();
    rules.stop(alice.id, { ...stopped, code: 50278 });
    expect(await ask(command)).toContain("you share no server with the bot any more");
  });

  it("is told below a card too", async () => {
    const { rules, command } = setUp(async () => ({ embeds: [{ title: "Card" }] }));
    rules.stop(alice.id, stopped);
    expect(await command.execute(requestOf())).toEqual({ content: stopNotice(stopped), embeds: [{ title: "Card" }] });
  });

  it("is told with a refusal", async () => {
    const { rules, command } = setUp(() => Promise.reject(new Refusal("Not so.")));
    rules.stop(alice.id, stopped);
    expect(await refusalOf(command)).toBe(`Not so.\n${stopNotice(stopped)}`);
    expect(await refusalOf(command)).toBe("Not so.");
  });

  it("is told where to look, and nothing else, where others read along; a refusal is read by nobody else", async () => {
    const { rules, command } = setUp(async () => ({ content: "For all." }), "public");
    rules.stop(alice.id, stopped);
    expect(await ask(command)).toBe(`For all.\n${texts.rules.publicNotice}`);
    const refusing = setUp(() => Promise.reject(new Refusal("Not so.")), "public");
    refusing.rules.stop(alice.id, stopped);
    expect(await refusalOf(refusing.command)).toBe(`Not so.\n${stopNotice(stopped)}`);
  });

  it("is not told by a failure, so that the next answer can", async () => {
    let failing = true;
    const { rules, command } = setUp(async () => {
      if (failing) throw new Error("broken");
      return { content: "Done." };
    });
    rules.stop(alice.id, stopped);
    await expect(command.execute(requestOf())).rejects.toThrow("broken");
    failing = false;
    expect(await ask(command)).toContain(stopNotice(stopped));
  });

  it("is told in full when the answer is as long as an answer can be", async () => {
    const { rules, command } = setUp(async () => ({ content: "x".repeat(2000) }));
    rules.stop(alice.id, stopped);
    const { content = "" } = await command.execute(requestOf());
    expect(content).toHaveLength(2000);
    expect(content.endsWith(stopNotice(stopped))).toBe(true);
  });

  it("is the only one who is told", async () => {
    const { rules, command } = setUp();
    rules.stop(alice.id, stopped);
    expect(await ask(command, {}, { person: bob })).toBe("Done.");
  });
});

describe("the answer", () => {
  it("is the command's own when what is kept cannot be reached", async () => {
    const { rules, command } = setUp();
    rules.failure = new Error("Connection is closed.");
    expect(await ask(command)).toBe("Done.");
  });

  it("waits tens of milliseconds for the notice and no longer, and leaves no timer behind", async () => {
    const { rules, clock, command } = setUp();
    rules.silent = true;
    const answers: Answer[] = [];
    void command.execute(requestOf()).then((answer) => answers.push(answer));
    await clock.advance(49);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toEqual([{ content: "Done." }]);
    rules.silent = false;
    await ask(command);
    await settle();
    expect(clock.pending).toBe(0);
  });

  it("belongs to the same command otherwise", () => {
    const { plain, command } = setUp();
    expect({ ...command, execute: plain.execute }).toEqual(plain);
  });
});
