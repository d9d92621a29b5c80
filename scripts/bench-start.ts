import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { comparisonCells, comparisonColumns } from "../src/sandbox/bench/comparison.ts";
import { compareStarts } from "../src/sandbox/bench/start.ts";
import { markdownTable, textTable } from "../src/sandbox/bench/tables.ts";

/** How fast and how small the bot starts, against a bare login; ends with 1 when a target is missed. */
const options = new Command("bench:start")
  .description("Measure the time from starting the process to being ready, and its memory afterwards.")
  .option("--rounds <number>", "of ours and a bare login in turns", whole, 9)
  .option("--markdown <file>", "write the table there too")
  .parse()
  .opts<{ rounds: number; markdown?: string }>();

const startMs = performance.now();
const comparisons = await compareStarts(options.rounds);
const rows = comparisons.map(comparisonCells);
const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
const conditions = `Medians of ${options.rounds} rounds; Node ${process.versions.node}, ${cpus().length} cores, ${minutes} minutes.`;
process.stdout.write(`${textTable(comparisonColumns, rows)}\n\n${conditions}\n`);
if (options.markdown !== undefined) {
  writeFileSync(options.markdown, `${markdownTable(comparisonColumns, rows)}\n\n${conditions}\n`);
}
process.exitCode = comparisons.every(({ kept }) => kept !== false) ? 0 : 1;

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("expected a whole number above 0");
}
