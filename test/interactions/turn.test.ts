import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { expect, it } from "vitest";
import { offerTurn } from "../../src/interactions/turn.ts";

const rounds = 2000;

/** Races for one turn after the other; before each, waits until the other one is there. */
const racer = `
const { workerData } = require("node:worker_threads");
import(workerData.module).then(({ takeTurn }) => {
  const arrived = new Int32Array(workerData.arrived), won = new Uint8Array(workerData.won);
  workerData.turns.forEach((turn, round) => {
    Atomics.add(arrived, round, 1);
    while (Atomics.load(arrived, round) < 2);
    if (takeTurn(turn)) won[round] = 1;
  });
});
`;

it("gives each turn to one of two threads that ask at the same moment", async () => {
  const turns = Array.from({ length: rounds }, offerTurn);
  const arrived = new SharedArrayBuffer(4 * rounds);
  const module = new URL("../../dist/interactions/turn.js", import.meta.url).href;
  const wins = await Promise.all(
    [0, 1].map(async () => {
      const won = new SharedArrayBuffer(rounds);
      await once(new Worker(racer, { eval: true, workerData: { module, turns, arrived, won } }), "exit");
      return new Uint8Array(won);
    }),
  );
  const winners = turns.map((_, round) => wins.reduce((sum, won) => sum + (won[round] ?? 0), 0));
  expect(winners.filter((count) => count !== 1)).toEqual([]);
});
