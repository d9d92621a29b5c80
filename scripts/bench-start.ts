import { Command } from "commander";
import { compareStarts } from "../src/sandbox/bench/start.ts";
import { whole } from "./arguments.ts";
import { comparisonFindings, runBenchmark } from "./benchmark.ts";

/** How fast and how small the bot starts, against a bare login; ends with 1 when a target is missed. */
const options = new Command("bench:start")
  .description("Measure the time from starting the process to being ready, and its memory afterwards.")
  .option("--rounds <number>", "of ours and a bare login in turns", whole, 9)
  .option("--markdown <file>", "write the table there too")
  .parse()
  .opts<{ rounds: number; markdown?: string }>();

process.exitCode = await runBenchmark(
  async () => ({
    ...comparisonFindings(await compareStarts(options.rounds)),
    conditions: `Medians of ${options.rounds} rounds;`,
  }),
  options.markdown,
);
