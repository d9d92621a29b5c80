import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { Processes } from "./support.ts";

/** Longer than any test: what is asked has an answer. */
const claimTimeoutMs = 60_000;

let server: OwnRedis;
let processes: Processes;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
});
afterAll(() => server.stop());
beforeEach(() => {
  processes = new Processes(server.url);
});
afterEach(async () => {
  server.resume();
  await processes.end();
});

describe("an interaction that somebody else acknowledged", () => {
  const two = async () =>
    [
      await processes.start(`other ${processes.interactionId()}`),
      await processes.start(`ours ${processes.interactionId()}`, { claimTimeoutMs }),
    ] as const;
  const asked = (store: { handledBefore?(id: string): Promise<boolean> }, id: string) => store.handledBefore?.(id);

  it("was handled before when the process that claimed it has ended", async () => {
    const [other, ours] = await two();
    const id = processes.interactionId();
    await other.store.claim(id, "accepted");
    expect(await asked(ours.store, id)).toBe(false);
    await other.store.stop();
    expect(await asked(ours.store, id)).toBe(true);
  });

  it("was handled before when the process that recorded it died before its claim, and when it answered it", async () => {
    const [other, ours] = await two();
    const open = processes.record();
    const answered = processes.record();
    other.store.record(open);
    other.store.record(answered);
    other.store.strike(answered.target.id);
    await processes.roundTrip();
    expect(await asked(ours.store, open.target.id)).toBe(false);
    await other.die();
    expect(await asked(ours.store, open.target.id)).toBe(true);
    expect(await asked(ours.store, answered.target.id)).toBe(true);
  });

  it("was handled before at once when its process cannot be running beside this one", async () => {
    const [other] = await two();
    const id = processes.interactionId();
    await other.store.claim(id, "accepted");
    const { store } = await processes.start("next", { claimTimeoutMs, isKnownDead: (who) => who === other.id });
    expect(await asked(store, id)).toBe(true);
  });

  it("was not when nobody has recorded or claimed it, or nobody but us", async () => {
    const [, ours] = await two();
    const record = processes.record();
    expect(await asked(ours.store, record.target.id)).toBe(false);
    ours.store.record(record);
    await ours.store.claim(record.target.id, "accepted");
    expect(await asked(ours.store, record.target.id)).toBe(false);
  });

  it("is not known to have been when Redis does not answer in time", async () => {
    const { store } = await processes.start("hurried");
    server.pause();
    const answer = asked(store, processes.interactionId());
    await processes.clock.advance(80);
    expect(await answer).toBe(false);
  });
});
