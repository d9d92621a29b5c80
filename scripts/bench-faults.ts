import { Command, Option } from "commander";
import { type Competitor, competitors } from "../src/sandbox/bench/competitors.ts";
import { faultCases } from "../src/sandbox/bench/fault-cases.ts";
import { runFaultCase } from "../src/sandbox/bench/fault-run.ts";
import { type FaultResult, faultCells, faultColumns } from "../src/sandbox/bench/fault-table.ts";
import { brokenPromises } from "../src/sandbox/bench/tally.ts";
import { whole } from "./arguments.ts";
import { type Findings, runBenchmark } from "./benchmark.ts";

/** What people see of three bots while things go wrong; ends with 1 when ours breaks its promise in any case. */
const options = new Command("bench:faults")
  .description("Compare bare, guide and ours under every fault of the sandbox.")
  .option("--case <words...>", "only cases whose name contains one of these")
  .addOption(new Option("--bot <names...>", "only these bots").choices(competitors))
  .option("--count <interactions>", "interactions a case", whole, 50)
  .option("--seed <number>", "of everything random in the faults", whole, 1)
  .option("--markdown <file>", "write the table there too")
  .parse()
  .opts<{ case?: string[]; bot?: Competitor[]; count: number; seed: number; markdown?: string }>();

const chosen = faultCases.filter(({ name }) => options.case?.some((words) => name.includes(words)) ?? true);
if (chosen.length === 0) {
  process.stdout.write(`No case has that name. The cases:\n${faultCases.map(({ name }) => `  ${name}`).join("\n")}\n`);
  process.exitCode = 1;
} else {
  process.exitCode = await runBenchmark(() => run(chosen), options.markdown);
}

async function run(cases: typeof faultCases): Promise<Findings> {
  const results: FaultResult[] = [];
  const broken: string[] = [];
  let lines = 0;
  for (const faultCase of cases) {
    for (const competitor of options.bot ?? competitors) {
      const { tally, log } = await runFaultCase(faultCase, competitor, options);
      results.push({ faultCase, competitor, tally });
      progress(`${faultCase.name}, ${competitor}: ${tally.answered} of ${tally.interactions} answered`);
      if (competitor !== "ours") continue;
      for (const what of brokenPromises(tally, faultCase.answerPossible)) broken.push(`${faultCase.name}: ${what}`);
      for (const { what, line } of log.leaks) broken.push(`${faultCase.name}: ${what} in line ${line} of a log`);
      lines += log.lines;
    }
  }
  return {
    tables: [{ columns: faultColumns, rows: results.map(faultCells) }],
    broken,
    conditions: `At least ${options.count} interactions a case, seed ${options.seed}; ${lines} lines of log of ours searched for tokens and keys;`,
  };
}

/** Apart from the table, for whoever waits for it. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
