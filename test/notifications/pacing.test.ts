import { beforeEach, describe, expect, it } from "vitest";
import { Pacing, type PacingOptions } from "../../src/notifications/pacing.ts";
import { settle, VirtualClock } from "../support/virtual-clock.ts";

interface Item {
  readonly personId: string;
  readonly name: string;
}

const minute = 60_000;
let clock: VirtualClock;
let delivered: { name: string; atMs: number }[];
let deferred: [name: string, ahead: number][];
let abandoned: [count: number, reason: string][];

const pacing = (options: Partial<PacingOptions<Item>> = {}) =>
  new Pacing<Item>({
    clock,
    intervalMs: minute,
    deliver: async ({ name }) => {
      delivered.push({ name, atMs: clock.monotonic() });
    },
    onDeferred: ({ name }, ahead) => deferred.push([name, ahead]),
    onAbandoned: (count, reason) => abandoned.push([count, reason]),
    ...options,
  });
const item = (name: string, personId = "1"): Item => ({ personId, name });
const names = () => delivered.map(({ name }) => name);

beforeEach(() => {
  clock = new VirtualClock();
  delivered = [];
  deferred = [];
  abandoned = [];
});

describe("a person's pace", () => {
  it("hands on the first message in the same turn, without any timer", () => {
    pacing().offer(item("a"));
    expect(names()).toEqual(["a"]);
    expect(clock.pending).toBe(0);
  });

  it("lets one through a minute, in the order they came", async () => {
    const paced = pacing();
    for (const name of ["a", "b", "c"]) paced.offer(item(name));
    expect(deferred).toEqual([
      ["b", 0],
      ["c", 1],
    ]);
    await clock.advance(minute - 1);
    expect(names()).toEqual(["a"]);
    await clock.advance(1 + minute);
    expect(delivered).toEqual([
      { name: "a", atMs: 0 },
      { name: "b", atMs: minute },
      { name: "c", atMs: 2 * minute },
    ]);
    expect(paced.waiting).toBe(0);
  });

  it("does not hold one person back because of another", () => {
    const paced = pacing();
    paced.offer(item("a", "1"));
    paced.offer(item("b", "2"));
    expect(names()).toEqual(["a", "b"]);
  });

  it("sends at once again after a quiet minute, and remembers nobody", async () => {
    const paced = pacing();
    paced.offer(item("a"));
    await clock.advance(minute);
    expect(clock.pending).toBe(0);
    paced.offer(item("b"));
    expect(delivered.at(-1)).toEqual({ name: "b", atMs: minute });
  });

  it("counts the minute from the end of a slow delivery, so that two never arrive together", async () => {
    const started: string[] = [];
    let finish = () => {};
    const paced = pacing({
      deliver: ({ name }) => {
        started.push(name);
        return new Promise((resolve) => {
          finish = resolve;
        });
      },
    });
    paced.offer(item("a"));
    paced.offer(item("b"));
    await clock.advance(2 * minute);
    expect(started).toEqual(["a"]);
    finish();
    await clock.advance(minute - 1);
    expect(started).toEqual(["a"]);
    await clock.advance(1);
    expect(started).toEqual(["a", "b"]);
  });

  it("goes on after a delivery that threw", async () => {
    const paced = pacing({ deliver: async ({ name }) => (name === "a" ? Promise.reject(new Error("x")) : undefined) });
    paced.offer(item("a"));
    paced.offer(item("b"));
    await clock.advance(minute);
    expect(paced.waiting).toBe(0);
  });
});

describe("bounds", () => {
  it("gives up a person's oldest when too many of theirs wait, and counts it", async () => {
    const paced = pacing({ maxWaitingPerPerson: 2 });
    for (const name of ["now", "a", "b", "c"]) paced.offer(item(name));
    expect(abandoned).toEqual([[1, "tooMany"]]);
    await clock.advance(3 * minute);
    expect(names()).toEqual(["now", "b", "c"]);
  });

  it("keeps within the total, at the cost of who asks for more", async () => {
    const paced = pacing({ maxWaiting: 2 });
    for (const name of ["now1", "a", "b"]) paced.offer(item(name, "1"));
    for (const name of ["now2", "c"]) paced.offer(item(name, "2"));
    paced.offer(item("d", "1"));
    expect(paced.waiting).toBe(2);
    expect(abandoned).toEqual([
      [1, "tooMany"],
      [1, "tooMany"],
    ]);
    await clock.advance(3 * minute);
    expect(names()).toEqual(["now1", "now2", "b", "d"]);
  });

  it("keeps within a number of people", () => {
    const paced = pacing({ maxPeople: 1 });
    paced.offer(item("a", "1"));
    paced.offer(item("b", "2"));
    expect(names()).toEqual(["a"]);
    expect(abandoned).toEqual([[1, "tooMany"]]);
  });
});

describe("stopping", () => {
  it("counts what still waits, once, and leaves no timer behind", async () => {
    const paced = pacing();
    for (const name of ["a", "b", "c"]) paced.offer(item(name));
    await settle();
    paced.stop();
    paced.stop();
    expect(abandoned).toEqual([[2, "stopping"]]);
    expect(clock.pending).toBe(0);
    await clock.advance(5 * minute);
    expect(names()).toEqual(["a"]);
  });

  it("leaves no timer behind for a delivery that ends afterwards", async () => {
    let finish = () => {};
    const paced = pacing({ deliver: () => new Promise((resolve) => (finish = resolve)) });
    paced.offer(item("a"));
    paced.stop();
    finish();
    await settle();
    expect(clock.pending).toBe(0);
  });

  it("counts what comes afterwards", () => {
    const paced = pacing();
    paced.stop();
    paced.offer(item("late"));
    expect(abandoned).toEqual([[1, "stopping"]]);
    expect(delivered).toEqual([]);
  });
});
