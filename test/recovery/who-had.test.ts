import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type OwnRedis, startRedis } from "../../src/sandbox/redis.ts";
import { connect, Processes } from "./support.ts";

/** Longer than any test: what is asked has an answer. */
const claimTimeoutMs = 60_000;

let server: OwnRedis;
let processes: Processes;

beforeAll(async () => {
  server = await startRedis({ ignoreEnvironment: true, appendOnly: false });
});
afterAll(() => server.stop());
beforeEach(async () => {
  const redis = await connect(server.url);
  await redis.flushall();
  redis.disconnect();
  processes = new Processes(server.url);
});
afterEach(async () => {
  server.resume();
  await processes.end();
});

describe("who had an interaction that somebody else acknowledged", () => {
  const two = async () => [await processes.start("other"), await processes.start("ours", { claimTimeoutMs })] as const;

  it("is one that lives, and a dead one when the process that claimed it has ended", async () => {
    const [other, ours] = await two();
    const id = processes.interactionId();
    await other.store.claim(id, "accepted");
    expect(await ours.store.whoHad?.(id)).toBe("living");
    await other.store.stop();
    expect(await ours.store.whoHad?.(id)).toBe("dead");
  });

  it("is a dead one when that recorded it and died before its claim, and when it answered it", async () => {
    const [other, ours] = await two();
    const open = processes.record();
    const answered = processes.record();
    other.store.record(open);
    other.store.record(answered);
    other.store.strike(answered.target.id);
    await processes.roundTrip();
    expect(await ours.store.whoHad?.(open.target.id)).toBe("living");
    await other.die();
    expect(await ours.store.whoHad?.(open.target.id)).toBe("dead");
    expect(await ours.store.whoHad?.(answered.target.id)).toBe("dead");
  });

  it("is a dead one at once when it cannot be running beside this one", async () => {
    const [other] = await two();
    const id = processes.interactionId();
    await other.store.claim(id, "accepted");
    const { store } = await processes.start("next", { claimTimeoutMs, isKnownDead: (who) => who === other.id });
    expect(await store.whoHad?.(id)).toBe("dead");
  });

  it("is nobody when nobody has recorded or claimed it, or nobody but us", async () => {
    const [, ours] = await two();
    const record = processes.record();
    expect(await ours.store.whoHad?.(record.target.id)).toBe("nobody");
    ours.store.record(record);
    await ours.store.claim(record.target.id, "accepted");
    expect(await ours.store.whoHad?.(record.target.id)).toBe("nobody");
  });

  it("is not known when Redis does not answer in time", async () => {
    const { store } = await processes.start("hurried");
    server.pause();
    const answer = store.whoHad?.(processes.interactionId());
    await processes.clock.advance(80);
    expect(await answer).toBe("unknown");
  });
});
