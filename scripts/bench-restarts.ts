import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command, InvalidArgumentError } from "commander";
import { environmentVariables, readConfig } from "../src/config.ts";
import { brokenRestartPromises, restartCells, restartColumns } from "../src/sandbox/bench/restart-table.ts";
import { playRestarts, type RestartCase, type RestartResult } from "../src/sandbox/bench/restarts.ts";
import { superviseByPm2, superviseLeaderAndStandby } from "../src/sandbox/bench/supervised.ts";
import { markdownTable, textTable } from "../src/sandbox/bench/tables.ts";

const lease = { INSTANCE_MODE: "lease" };

/** Whether this version knows leader and standby. */
function knowsLease(): boolean {
  const required = { DISCORD_BOT_TOKEN: "t", DISCORD_CLIENT_ID: "123456789012345678", BACKEND_API_KEY: "k" };
  try {
    readConfig({ ...required, ...lease }, { terminal: false });
    return true;
  } catch {
    return false;
  }
}

const underPm2 = (env: Readonly<Record<string, string>>): RestartCase["supervise"] => {
  return (sandbox) => superviseByPm2(sandbox, env, environmentVariables);
};

const cases: readonly RestartCase[] = [
  { name: "pm2 restart, sessions end", resumes: false, supervise: underPm2({ SESSION_RESUME: "off" }) },
  { name: "pm2 restart, sessions resumed", resumes: true, supervise: underPm2({}) },
  ...(knowsLease()
    ? [
        {
          name: "leader stops, standby goes on",
          resumes: true,
          supervise: (sandbox) => superviseLeaderAndStandby(sandbox, lease),
        } satisfies RestartCase,
      ]
    : []),
];

/** What people see of restarts; ends with 1 when one of them breaks a promise. */
const options = new Command("bench:restarts")
  .description("Restart the bot again and again while people ask five times a second.")
  .option("--case <words...>", "only cases whose name contains one of these")
  .option("--restarts <number>", "of each case", whole, 10)
  .option("--markdown <file>", "write the table there too")
  .parse()
  .opts<{ case?: string[]; restarts: number; markdown?: string }>();

process.exitCode = await main();

async function main(): Promise<number> {
  const startMs = performance.now();
  const chosen = cases.filter(({ name }) => options.case?.some((words) => name.includes(words)) ?? true);
  if (chosen.length === 0) {
    print(`No case has that name. The cases:\n${cases.map(({ name }) => `  ${name}`).join("\n")}`);
    return 1;
  }
  const results: RestartResult[] = [];
  for (const one of chosen) results.push(await playRestarts(one, options.restarts));
  const rows = results.map(restartCells);
  const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  const conditions = `Node ${process.versions.node}, ${cpus().length} cores, ${minutes} minutes.`;
  print(`${textTable(restartColumns, rows)}\n\n${conditions}`);
  if (options.markdown !== undefined) {
    writeFileSync(options.markdown, `${markdownTable(restartColumns, rows)}\n\n${conditions}\n`);
  }
  const broken = results.flatMap((result) => brokenRestartPromises(result).map((what) => `${result.name}: ${what}`));
  for (const line of broken) print(`Broken promise: ${line}`);
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
