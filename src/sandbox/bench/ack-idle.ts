import { delay, systemClock } from "../../clock.ts";
import { type Comparison, compare } from "./comparison.ts";
import type { Competitor } from "./competitors.ts";
import { type Stage, setStage } from "./stage.ts";
import { median } from "./statistics.ts";
import { measure } from "./timings.ts";

/** As between two continents, so that a handshake cannot hide in the noise, ms. */
const roundTripMs = 80;

interface AfterIdle {
  readonly acknowledgeMs: number;
  readonly newConnections: number;
}

/**
 * The acknowledgement after silence, over a link on which handshakes cost what they cost on a network: the way there is
 * half a round trip, and every new connection adds two. `idleMs` stands for the five minutes of a quiet bot: longer than
 * any keep-alive in it.
 */
export async function compareAfterIdle(idleMs: number, rounds: number): Promise<readonly Comparison[]> {
  const bots = ["guide", "ours"] as const satisfies readonly Competitor[];
  const stages = await Promise.all(
    bots.map((competitor) => setStage({ competitor, command: "subscriptions", roundTripMs })),
  );
  try {
    for (const stage of stages) await measure(stage, 5, 200);
    const seen: Record<(typeof bots)[number], AfterIdle[]> = { guide: [], ours: [] };
    for (let round = 0; round < rounds; round += 1) {
      await delay(systemClock, idleMs);
      for (const [index, stage] of stages.entries()) seen[bots[index] ?? "ours"].push(await askOnce(stage));
    }
    const pairs = seen.ours.map(({ acknowledgeMs }) => ({ ours: acknowledgeMs, other: roundTripMs }));
    const seconds = idleMs / 1000;
    const connections = (of: readonly AfterIdle[]) =>
      median(of.map(({ newConnections }) => newConnections)) ?? Number.NaN;
    const guideMs = median(seen.guide.map(({ acknowledgeMs }) => acknowledgeMs)) ?? Number.NaN;
    return [
      compare(`ack after ${seconds} s idle (guide: ${guideMs.toFixed(0)} ms)`, {
        against: "one round trip",
        pairs,
        atMost: 1,
      }),
      {
        what: `new TCP connections for it`,
        against: "guide",
        ours: String(connections(seen.ours)),
        other: String(connections(seen.guide)),
        ratio: "",
        target: "none",
        kept: seen.ours.every(({ newConnections }) => newConnections === 0),
      },
    ];
  } finally {
    await Promise.all(stages.map((stage) => stage.close()));
  }
}

async function askOnce(stage: Stage): Promise<AfterIdle> {
  const before = stage.connections;
  const acknowledged = async () => {
    const asked = stage.asked.length;
    await stage.ask(1, 0);
    await stage.asked[asked]?.until(({ acknowledgedAtMs }) => acknowledgedAtMs !== undefined);
    return stage.connections - before;
  };
  const newConnections = await acknowledged();
  const report = await stage.asked.at(-1)?.answered();
  return {
    newConnections,
    acknowledgeMs: (report?.acknowledgedAtMs ?? Number.NaN) - (report?.deliveries[0]?.atMs ?? 0),
  };
}
