import { Command, Option } from "commander";
import { type CrashResult, crashDeliveries, type Way } from "../src/sandbox/bench/delivery-crash.ts";
import { measureLatency, measureSharing, measureThroughput } from "../src/sandbox/bench/delivery-load.ts";
import {
  brokenCrashPromises,
  crashCells,
  crashColumns,
  loadColumns,
  loadRows,
} from "../src/sandbox/bench/delivery-table.ts";
import { whole } from "./arguments.ts";
import { runBenchmark } from "./benchmark.ts";

const parts = ["crash", "load"] as const;
type Part = (typeof parts)[number];
const ways = ["stream", "channel"] as const satisfies readonly Way[];

/** Whether every signal is delivered once, whatever is killed, and how fast; ends with 1 when a promise is broken. */
const options = new Command("bench:delivery")
  .description("Kill the bot at random moments while signals arrive, and measure how fast they are delivered.")
  .addOption(new Option("--part <names...>", "only these parts").choices(parts))
  .addOption(new Option("--way <names...>", "only by these ways").choices(ways))
  .option("--notifications <number>", "in the crash part", whole, 1000)
  .option("--people <number>", "in the crash part", whole, 300)
  .option("--seed <number>", "of everything random", whole, 1)
  .option("--markdown <file>", "write the tables there too")
  .parse()
  .opts<{
    part?: Part[];
    way?: Way[];
    notifications: number;
    people: number;
    seed: number;
    markdown?: string;
  }>();

process.exitCode = await runBenchmark(async () => {
  const chosen = options.part ?? parts;
  const tables = [];
  const broken: string[] = [];
  if (chosen.includes("crash")) {
    const results: CrashResult[] = [];
    for (const way of options.way ?? ways) results.push(await crashDeliveries({ ...options, way }));
    tables.push({ columns: crashColumns, rows: results.map(crashCells) });
    for (const result of results) {
      for (const what of brokenCrashPromises(result)) broken.push(`by ${result.way}: ${what}`);
    }
  }
  if (chosen.includes("load")) {
    const rows = loadRows(await measureThroughput(500), await measureLatency(50), await measureSharing(200));
    tables.push({ columns: loadColumns, rows });
    for (const [what = "", , , kept] of rows) if (kept === "NO") broken.push(what);
  }
  return { tables, broken, conditions: `Seed ${options.seed};` };
}, options.markdown);
