import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { compareAfterIdle } from "../src/sandbox/bench/ack-idle.ts";
import { compareUnderLoad } from "../src/sandbox/bench/ack-load.ts";
import { compareInStorm } from "../src/sandbox/bench/ack-storm.ts";
import { type Comparison, comparisonCells, comparisonColumns } from "../src/sandbox/bench/comparison.ts";
import { markdownTable, textTable } from "../src/sandbox/bench/tables.ts";

const parts = ["load", "idle", "storm"] as const;
type Part = (typeof parts)[number];

/** How fast the acknowledgement is, against plain discord.js and against itself; ends with 1 when a target is missed. */
const options = new Command("bench:ack")
  .description("Measure the time from an event on the socket to its acknowledgement at Discord.")
  .addOption(new Option("--part <names...>", "only these parts").choices(parts))
  .option("--rounds <number>", "of ours and guide in turns, under load", whole, 7)
  .option("--idle <seconds>", "of silence; longer than any keep-alive of the bots", whole, 20)
  .option("--markdown <file>", "write the table there too")
  .parse()
  .opts<{ part?: Part[]; rounds: number; idle: number; markdown?: string }>();

process.exitCode = await main();

async function main(): Promise<number> {
  const startMs = performance.now();
  const run: Readonly<Record<Part, () => Promise<readonly Comparison[]>>> = {
    load: () => compareUnderLoad(options.rounds),
    idle: () => compareAfterIdle(options.idle * 1000, 3),
    storm: compareInStorm,
  };
  const comparisons: Comparison[] = [];
  for (const part of options.part ?? parts) comparisons.push(...(await run[part]()));
  const rows = comparisons.map(comparisonCells);
  const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  const conditions = `Medians of several rounds; Node ${process.versions.node}, ${cpus().length} cores, ${minutes} minutes.`;
  process.stdout.write(`${textTable(comparisonColumns, rows)}\n\n${conditions}\n`);
  if (options.markdown !== undefined) {
    writeFileSync(options.markdown, `${markdownTable(comparisonColumns, rows)}\n\n${conditions}\n`);
  }
  return comparisons.every(({ kept }) => kept !== false) ? 0 : 1;
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("expected a whole number above 0");
}
