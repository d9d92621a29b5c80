import { Command } from "commander";
import { environmentVariables } from "../src/config.ts";
import { brokenRestartPromises, restartCells, restartColumns } from "../src/sandbox/bench/restart-table.ts";
import { playRestarts, type RestartCase, type RestartResult } from "../src/sandbox/bench/restarts.ts";
import { superviseByPm2, superviseLeaderAndStandby } from "../src/sandbox/bench/supervised.ts";
import { whole } from "./arguments.ts";
import { runBenchmark } from "./benchmark.ts";

const underPm2 = (env: Readonly<Record<string, string>>): RestartCase["supervise"] => {
  return (sandbox) => superviseByPm2(sandbox, env, environmentVariables);
};

const cases: readonly RestartCase[] = [
  { name: "pm2 restart, sessions end", promise: "none", supervise: underPm2({ SESSION_RESUME: "off" }) },
  { name: "pm2 restart, sessions resumed", promise: "resumed", supervise: underPm2({}) },
  {
    name: "leader stops, standby goes on",
    promise: "everybody",
    supervise: (sandbox) => superviseLeaderAndStandby(sandbox, { INSTANCE_MODE: "lease" }),
  },
];

/** What people see of restarts; ends with 1 when one of them breaks a promise. */
const options = new Command("bench:restarts")
  .description("Restart the bot again and again while people ask five times a second.")
  .option("--case <words...>", "only cases whose name contains one of these")
  .option("--restarts <number>", "of each case", whole, 10)
  .option("--markdown <file>", "write the table there too")
  .parse()
  .opts<{ case?: string[]; restarts: number; markdown?: string }>();

const chosen = cases.filter(({ name }) => options.case?.some((words) => name.includes(words)) ?? true);
if (chosen.length === 0) {
  process.stdout.write(`No case has that name. The cases:\n${cases.map(({ name }) => `  ${name}`).join("\n")}\n`);
  process.exitCode = 1;
} else {
  process.exitCode = await runBenchmark(async () => {
    const results: RestartResult[] = [];
    for (const one of chosen) results.push(await playRestarts(one, options.restarts));
    return {
      tables: [{ columns: restartColumns, rows: results.map(restartCells) }],
      broken: results.flatMap((result) => brokenRestartPromises(result).map((what) => `${result.name}: ${what}`)),
    };
  }, options.markdown);
}
