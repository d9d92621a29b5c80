import { beforeEach, describe, expect, it } from "vitest";
import { type PacedProgress, paceProgress } from "../../src/commands/paced-progress.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

describe("progress shown every two seconds at most", () => {
  let clock: VirtualClock;
  let shown: string[];
  let showTakesMs: number;
  let progress: PacedProgress;

  beforeEach(() => {
    clock = new VirtualClock();
    shown = [];
    showTakesMs = 0;
    progress = paceProgress(clock, 2_000, {
      show: ({ content }) => {
        shown.push(`${clock.monotonic()} ${content}`);
        return new Promise((resolve) => void clock.schedule(showTakesMs, resolve));
      },
    });
  });
  const update = (content: string) => progress.update({ content });

  it("begins after as long, and shows the newest then", async () => {
    update("a");
    await clock.advance(1_000);
    update("b");
    expect(shown).toEqual([]);
    await clock.advance(1_000);
    expect(shown).toEqual(["2000 b"]);
  });

  it("is shown at once after a pause, and not again when nothing is new", async () => {
    await clock.advance(5_000);
    update("a");
    expect(shown).toEqual(["5000 a"]);
    await clock.advance(10_000);
    expect(shown).toEqual(["5000 a"]);
  });

  it("keeps its distance whatever comes, also from the end of a slow edit", async () => {
    showTakesMs = 1_500;
    for (let tick = 0; tick < 100; tick += 1) {
      update(String(tick));
      await clock.advance(100);
    }
    expect(shown).toEqual(["2000 19", "5500 54", "9000 89"]);
  });

  it("ends with what is being shown, and shows nothing after that", async () => {
    showTakesMs = 500;
    update("a");
    await clock.advance(2_000);
    update("b");
    let ended = false;
    const ending = progress.end().then(() => {
      ended = true;
    });
    await clock.advance(499);
    expect(ended).toBe(false);
    await clock.advance(1);
    await ending;
    update("c");
    await clock.advance(10_000);
    expect({ shown, pending: clock.pending }).toEqual({ shown: ["2000 a"], pending: 0 });
  });
});
