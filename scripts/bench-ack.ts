import { Command, Option } from "commander";
import { compareAfterIdle } from "../src/sandbox/bench/ack-idle.ts";
import { compareUnderLoad } from "../src/sandbox/bench/ack-load.ts";
import { compareInStorm } from "../src/sandbox/bench/ack-storm.ts";
import type { Comparison } from "../src/sandbox/bench/comparison.ts";
import { whole } from "./arguments.ts";
import { comparisonFindings, runBenchmark } from "./benchmark.ts";

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

const run: Readonly<Record<Part, () => Promise<readonly Comparison[]>>> = {
  load: () => compareUnderLoad(options.rounds),
  idle: () => compareAfterIdle(options.idle * 1000, 3),
  storm: compareInStorm,
};

process.exitCode = await runBenchmark(async () => {
  const comparisons: Comparison[] = [];
  for (const part of options.part ?? parts) comparisons.push(...(await run[part]()));
  return { ...comparisonFindings(comparisons), conditions: "Medians of several rounds;" };
}, options.markdown);
