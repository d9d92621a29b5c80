import { afterEach, describe, expect, it } from "vitest";
import type { Answer, Command, LateAnswers } from "../../src/interactions/index.ts";
import { Refusal } from "../../src/interactions/index.ts";
import { texts } from "../../src/presentation/texts.ts";
import { OpenRecords } from "../support/open-records.ts";
import { startVirtualBot, type VirtualBot } from "../support/virtual-bot.ts";
import { settle } from "../support/virtual-clock.ts";

const minuteMs = 60_000;
const never = new Promise<never>(() => {});

const hanging = (
  overrides: Pick<Command, "definition"> & { readonly effect?: "reads" | (() => "reads") },
): Command => ({
  visibility: "private",
  execute: () => never,
  ...overrides,
});
const definition = { name: "hang", description: "Never answers" };

describe("an interaction whose process died", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  const leaveOpen = async (command: Command) => {
    const store = new OpenRecords();
    bot = await startVirtualBot({ commands: [command], store });
    const { seen } = await bot.use("hang");
    await seen.until(({ saw }) => saw === "thinking");
    return { bot, store, seen };
  };

  it("is answered also when the person sees how far it was instead of thinking", async () => {
    const store = new OpenRecords();
    let runs = 0;
    const commands: readonly Command[] = [
      {
        definition,
        visibility: "private",
        effect: "reads",
        async execute({ show, interaction }) {
          runs += 1;
          if (interaction === undefined) return { content: "done" };
          await show({ content: "half-way" });
          return never;
        },
      },
    ];
    bot = await startVirtualBot({ commands, store });
    const { seen } = await bot.use("hang");
    await seen.until(({ visible }) => visible[0]?.content === "half-way");
    expect(await bot.layer.recover()).toBe(1);
    expect(seen.report().visible).toEqual([expect.objectContaining({ content: "done" })]);
    expect({ runs, open: store.open.size }).toEqual({ runs: 2, open: 0 });
  });

  it("is answered also when it died on the way from public to private", async () => {
    const store = new OpenRecords();
    const refusing: Command = {
      definition,
      visibility: "public",
      effect: "reads",
      execute: () => Promise.reject(new Refusal("not like this")),
    };
    const requests: string[] = [];
    let died = (): void => {};
    const dying = new Promise<void>((resolve) => {
      died = resolve;
    });
    const { onlyForYou } = texts.interaction;
    bot = await startVirtualBot({
      commands: [refusing],
      store,
      lane: {
        async callback() {
          await settle();
          return { kind: "accepted" };
        },
        probe: async () => ({ kind: "there", loading: false }),
        editOriginal: async (_target, { content }) => void requests.push(`edit ${content}`),
        followUp(_target, { content }) {
          requests.push(`followUp ${content}`);
          died();
          return requests.length > 2 ? Promise.resolve() : never;
        },
        deleteOriginal: async () => void requests.push("delete"),
      },
    });
    await bot.use("hang");
    await dying;
    expect(await bot.layer.recover()).toBe(1);
    const following = [`edit ${onlyForYou}`, "followUp not like this"];
    expect(requests).toEqual([...following, ...following, "delete"]);
    expect(store.open.size).toBe(0);
  });

  it("is left alone when it was answered and only not struck off", async () => {
    const store = new OpenRecords();
    store.strike = () => {};
    const answering: Command = { definition, visibility: "private", execute: async () => ({ content: "done" }) };
    bot = await startVirtualBot({ commands: [answering], store });
    const { seen, ended } = await bot.use("hang");
    await ended;
    await bot.layer.recover();
    expect(bot.events.at(-1)).toMatchObject({ kind: "interactionRecovered", outcome: "notNeeded" });
    expect(seen.report().attempts.filter(({ request }) => request === "edit")).toHaveLength(1);
  });

  it("is answered while Discord still can, also when its command hangs again", async () => {
    const { bot, seen } = await leaveOpen(hanging({ definition, effect: "reads" }));
    const recovered = bot.layer.recover();
    await seen.until(({ attempts }) => attempts.some(({ request }) => request === "get"));
    await bot.clock.advance(15 * minuteMs);
    await recovered;
    expect(bot.events.at(-1)).toMatchObject({ kind: "interactionRecovered", outcome: "failed" });
  });

  it("harms nobody when its command cannot even say whether it only reads", async () => {
    const broken = hanging({
      definition,
      effect: () => {
        throw new Error("broken");
      },
    });
    const { bot, store } = await leaveOpen(broken);
    expect(await bot.layer.recover()).toBe(1);
    expect(bot.events.at(-1)).toMatchObject({ kind: "interactionRecovered", outcome: "unanswered" });
    expect(store.open.size).toBe(1);
  });

  it("is left to others by a process that is stopping", async () => {
    const { bot, store } = await leaveOpen(hanging({ definition }));
    const open = [...store.open.values()];
    const drained = bot.layer.drain(1000);
    await bot.clock.advance(3000);
    await drained;
    for (const record of open) store.record(record);
    expect(await bot.layer.recover()).toBe(0);
  });
});

describe("a long command that is run again for a process that died", () => {
  let bot: VirtualBot | undefined;
  afterEach(() => bot?.stop());

  const direct: { personId: string; content: string | undefined }[] = [];
  const lateAnswers: LateAnswers = {
    deliver: async (personId, { content }) => {
      direct.push({ personId, content });
      return true;
    },
  };
  /** Ends each run, in their order. */
  let finishes: ((answer: Answer) => void)[];

  const leaveOpen = async () => {
    direct.length = 0;
    finishes = [];
    const store = new OpenRecords();
    const long: Command = {
      definition,
      visibility: "private",
      effect: "reads",
      async execute({ show }) {
        const run = finishes.length + 1;
        const finished = new Promise<Answer>((resolve) => finishes.push(resolve));
        await show({ content: `run ${run}` });
        return finished;
      },
    };
    bot = await startVirtualBot({ commands: [long], store, lateAnswers });
    const used = await bot.use("hang");
    await used.seen.until(({ visible }) => visible[0]?.content === "run 1");
    return { bot, store, ...used };
  };
  const recovered = ({ events }: VirtualBot) =>
    events.flatMap((event) => (event.kind === "interactionRecovered" ? [event.outcome] : []));

  it("shows how far it is", async () => {
    const { bot, seen } = await leaveOpen();
    const recovering = bot.layer.recover();
    await seen.until(({ visible }) => visible[0]?.content === "run 2");
    finishes[1]?.({ content: "done" });
    await recovering;
    expect(seen.report().visible).toEqual([expect.objectContaining({ content: "done" })]);
    expect(recovered(bot)).toEqual(["answered"]);
  });

  it("brings its answer by direct message when Discord does not keep the message open for so long", async () => {
    const { bot, store, seen, personId } = await leaveOpen();
    const recovering = bot.layer.recover();
    await seen.until(({ visible }) => visible[0]?.content === "run 2");
    await bot.clock.advance(14 * minuteMs);
    await seen.until(({ visible }) => visible[0]?.content === texts.interaction.answerFollowsDirectly);
    await bot.clock.advance(20 * minuteMs);
    finishes[1]?.({ content: "done at last" });
    await recovering;
    expect(direct).toEqual([{ personId, content: "done at last" }]);
    expect({ outcomes: recovered(bot), open: store.open.size }).toEqual({ outcomes: ["answeredLate"], open: 0 });
  });

  it("is not answered once more when its event comes again, too late to be acknowledged", async () => {
    direct.length = 0;
    const store = new OpenRecords();
    const shown: (string | undefined)[] = [];
    const reading: Command = {
      ...{ definition, visibility: "private", effect: "reads" },
      execute: async () => ({ content: "done" }),
    };
    bot = await startVirtualBot({
      ...{ commands: [reading], store, lateAnswers },
      lane: {
        callback: async () => ({ kind: "unaccounted" }),
        probe: async () => ({ kind: "there", loading: true }),
        editOriginal: async (_target, { content }) => void shown.push(content ?? undefined),
        followUp: async () => {},
        deleteOriginal: async () => {},
      },
    });
    const { clock, discordClock, layer } = bot;
    discordClock.sampleDate(new Date(clock.now()).toUTCString(), clock.now(), clock.now());
    const { seen, personId, ended } = await bot.use("hang", { deliverAfterMs: 2800 });
    const person = { id: personId, username: "u", displayName: "U", locale: "en-GB" };
    store.record({
      ...{ kind: "command", command: "hang", surface: "reply", visibility: "private" },
      ...{ target: { id: seen.id, applicationId: "1", token: "t" }, input: { options: {}, person } },
    });
    await layer.recover();
    await clock.advance(5000);
    await ended;
    expect({ shown, direct }).toEqual({ shown: ["done"], direct: [] });
  });

  it("keeps the promise of a direct message that the dead process gave", async () => {
    const { bot, seen, personId } = await leaveOpen();
    await bot.clock.advance(14 * minuteMs);
    await seen.until(({ visible }) => visible[0]?.content === texts.interaction.answerFollowsDirectly);
    const recovering = bot.layer.recover();
    await expect.poll(() => finishes.length, { timeout: 15_000 }).toBe(2);
    await bot.clock.advance(minuteMs);
    finishes[1]?.({ content: "done" });
    await recovering;
    expect(direct).toEqual([{ personId, content: "done" }]);
  });
});
