import { beforeEach, describe, expect, it } from "vitest";
import { type Confirmations, createConfirmations } from "../../src/notifications/confirmations.ts";
import type { Halt } from "../../src/notifications/delivery-end.ts";
import type { Channel } from "../../src/notifications/direct-channels.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";
import { EventRecord } from "./support/event-record.ts";
import { discord, network, ScriptedLane } from "./support/scripted-lane.ts";

const person = "200000000000000001";
const message = { content: "You are subscribed." };

let clock: VirtualClock;
let lane: ScriptedLane;
let events: EventRecord;
let halts: Halt[];
let halted: boolean;
let pauses: number;
let notNow: Channel | undefined;
let confirmations: Confirmations;

beforeEach(() => {
  clock = new VirtualClock();
  lane = new ScriptedLane();
  events = new EventRecord();
  halts = [];
  halted = false;
  pauses = 0;
  notNow = undefined;
  let generation = 0;
  confirmations = createConfirmations({
    lane,
    channels: {
      async channelOf(personId) {
        if (notNow !== undefined) return notNow;
        await lane.openChannel(personId);
        return { kind: "known", channelId: `dm-${personId}-${generation}` };
      },
      async forget() {
        generation += 1;
      },
      async pauseOpenings() {
        pauses += 1;
        return clock.now() + 1;
      },
    },
    clock,
    publish: events.publish,
    halted: () => halted,
    halt: async (reason) => void halts.push(reason),
    random: () => 1,
  });
});

const confirm = (id = "interaction-1", signal?: AbortSignal) => confirmations.confirm(person, message, id, signal);

describe("a confirmation", () => {
  it("is sent at once, pinging nobody, with a nonce Discord enforces", async () => {
    expect(await confirm()).toBe("sent");
    expect(lane.sends).toEqual([
      {
        channelId: `dm-${person}-0`,
        body: {
          content: "You are subscribed.",
          nonce: expect.stringMatching(/^[\w-]{25}$/),
          enforce_nonce: true,
          allowed_mentions: { parse: [] },
        },
      },
    ]);
    expect(events.of("confirmationEnded")).toMatchObject([
      { personId: person, end: { kind: "delivered", attempts: 1 } },
    ]);
  });

  it("is the same message for the same interaction, and another for another", async () => {
    await confirm("interaction-1");
    await confirm("interaction-1");
    await confirm("interaction-2");
    expect(lane.visible).toBe(2);
  });

  it("is one message when a response was lost and the send repeated", async () => {
    lane.sendSteps.push(network, discord(502, 0));
    const ending = confirm();
    await clock.advance(5_000);
    expect(await ending).toBe("sent");
    expect(lane.sends).toHaveLength(3);
    expect(lane.visible).toBe(1);
  });

  it("tells closed direct messages from other failures", async () => {
    lane.sendSteps.push(discord(403, 50007), discord(403, 50278), discord(400, 50035));
    const answers = [await confirm("1"), await confirm("2"), await confirm("3")];
    expect(answers).toEqual(["closed", "closed", "failed"]);
  });

  it("goes through a new channel, once, when the known one is gone", async () => {
    lane.sendSteps.push(discord(404, 10003));
    expect(await confirm("1")).toBe("sent");
    expect(lane.sends.at(-1)?.channelId).toBe(`dm-${person}-1`);
    lane.sendSteps.push(discord(404, 10003), discord(404, 10003));
    expect(await confirm("2")).toBe("failed");
  });

  it("is given up while the person still waits for the answer", async () => {
    lane.sendSteps.push("hang");
    const ending = confirm();
    await clock.advance(8_000);
    expect(await ending).toBe("failed");
    expect(clock.pending).toBe(0);
  });

  it("is given up when its command is", async () => {
    const command = new AbortController();
    lane.sendSteps.push("hang");
    const ending = confirm("1", command.signal);
    await settle();
    command.abort();
    expect(await ending).toBe("failed");
    expect(clock.pending).toBe(0);
  });

  it("does not wait for what would take longer than the person does", async () => {
    lane.sendSteps.push({ kind: "rateLimited", retryAfterMs: 600_000 });
    expect(await confirm("1")).toBe("failed");
    notNow = { kind: "notNow", untilMs: clock.now() + 600_000 };
    expect(await confirm("2")).toBe("failed");
  });

  it("pauses the opening of channels for everybody when Discord asks for it", async () => {
    lane.openSteps.push(discord(403, 40003));
    expect(await confirm()).toBe("failed");
    expect(pauses).toBe(1);
  });

  it.each([
    ["quarantined", discord(403, 20026)],
    ["unauthorized", discord(401, 0)],
  ])("halts all deliveries when Discord says so: %s", async (reason, failure) => {
    lane.sendSteps.push(failure);
    expect(await confirm()).toBe("failed");
    expect(halts).toEqual([reason]);
  });

  it("is not sent while deliveries are halted", async () => {
    halted = true;
    expect(await confirm()).toBe("failed");
    expect(lane.sends).toEqual([]);
    expect(events.of("confirmationEnded")).toMatchObject([{ end: { kind: "failed", reason: "halted" } }]);
  });
});

describe("stopping", () => {
  it("lets what is under way end, and takes nothing new", async () => {
    lane.sendSteps.push(network);
    const ending = confirm("1");
    await settle();
    const stopping = confirmations.stop(5_000);
    expect(await confirm("2")).toBe("failed");
    await clock.advance(500);
    expect(await ending).toBe("sent");
    await stopping;
    expect(clock.pending).toBe(0);
  });

  it("gives up what has not ended after the grace", async () => {
    lane.sendSteps.push("hang");
    const ending = confirm();
    await settle();
    const stopping = confirmations.stop(5_000);
    await clock.advance(5_000);
    expect(await ending).toBe("failed");
    await stopping;
  });
});
