import { describe, expect, it } from "vitest";
import { Turns } from "../../src/notifications/turns.ts";

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("a burst of messages", () => {
  it("is taken one in each turn of the event loop, in order, and the first at once", async () => {
    const taken: number[] = [];
    const turns = new Turns<number>((item) => taken.push(item));
    for (const item of [1, 2, 3]) turns.add(item);
    expect(taken).toEqual([1]);
    await nextTurn();
    expect(taken).toEqual([1, 2]);
    await nextTurn();
    expect(taken).toEqual([1, 2, 3]);
  });

  it("leaves the next one alone to be taken at once again", async () => {
    const taken: number[] = [];
    const turns = new Turns<number>((item) => taken.push(item));
    turns.add(1);
    await nextTurn();
    await nextTurn();
    turns.add(2);
    expect(taken).toEqual([1, 2]);
  });

  it("can be taken whole when there is no time for turns", () => {
    const taken: number[] = [];
    const turns = new Turns<number>((item) => taken.push(item));
    for (const item of [1, 2, 3]) turns.add(item);
    turns.flush();
    expect(taken).toEqual([1, 2, 3]);
  });

  it("goes on after one that threw", async () => {
    const taken: number[] = [];
    const turns = new Turns<number>((item) => {
      if (item === 1) throw new Error("bad one");
      taken.push(item);
    });
    expect(() => turns.add(1)).toThrow("bad one");
    turns.add(2);
    await nextTurn();
    expect(taken).toEqual([2]);
  });
});
