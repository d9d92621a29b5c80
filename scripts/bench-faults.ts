import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command, InvalidArgumentError, Option } from "commander";
import { type Competitor, competitors } from "../src/sandbox/bench/competitors.ts";
import { faultCases } from "../src/sandbox/bench/fault-cases.ts";
import { runFaultCase } from "../src/sandbox/bench/fault-run.ts";
import { type FaultResult, faultCells, faultColumns } from "../src/sandbox/bench/fault-table.ts";
import { markdownTable, textTable } from "../src/sandbox/bench/tables.ts";
import { brokenPromises } from "../src/sandbox/bench/tally.ts";

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

process.exitCode = await main();

async function main(): Promise<number> {
  const startMs = performance.now();
  const chosen = faultCases.filter(({ name }) => options.case?.some((words) => name.includes(words)) ?? true);
  if (chosen.length === 0) {
    print(`No case has that name. The cases:\n${faultCases.map(({ name }) => `  ${name}`).join("\n")}`);
    return 1;
  }
  const results: FaultResult[] = [];
  const broken: string[] = [];
  let lines = 0;
  for (const faultCase of chosen) {
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
  const rows = results.map(faultCells);
  const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  const searched = `${lines} lines of log of ours searched for tokens and keys.`;
  const conditions = `At least ${options.count} interactions a case, seed ${options.seed}; Node ${process.versions.node}, ${cpus().length} cores, ${minutes} minutes. ${searched}`;
  print(`${textTable(faultColumns, rows)}\n\n${conditions}`);
  if (options.markdown !== undefined) {
    writeFileSync(options.markdown, `${markdownTable(faultColumns, rows)}\n\n${conditions}\n`);
  }
  for (const line of broken) print(`Broken promise of ours: ${line}`);
  return broken.length === 0 ? 0 : 1;
}

function whole(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new InvalidArgumentError("expected a whole number above 0");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** Apart from the table, for whoever waits for it. */
function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}
