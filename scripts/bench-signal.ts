import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { Command } from "commander";
import { runSignals } from "../src/sandbox/bench/signal-load.ts";
import { signalColumns, signalRows } from "../src/sandbox/bench/signal-table.ts";
import { markdownTable } from "../src/sandbox/bench/tables.ts";

/** What a kept signal saves people and the backend, against plain discord.js; ends with 1 when a target is missed. */
const options = new Command("bench:signal")
  .description("Ask for 300 signals of 20 pairs as 50 people, of a backend that takes 1.5 s for each.")
  .option("--markdown <file>", "write the table there too")
  .parse()
  .opts<{ markdown?: string }>();

/** `backend-contract.md` 1.3. */
const shippedLimit = { max: 100, windowMs: 900_000 };

process.exitCode = await main();

async function main(): Promise<number> {
  const startMs = performance.now();
  // What is refreshed ahead is asked for besides, as far as a limit allows.
  const env = { PRECOMPUTE_SIGNALS: "off" };
  const rows = signalRows({
    ours: await runSignals("ours", { rateLimit: "off", env }),
    guide: await runSignals("guide", { rateLimit: "off" }),
    oursLimited: await runSignals("ours", { rateLimit: shippedLimit }),
    guideLimited: await runSignals("guide", { rateLimit: shippedLimit }),
  });
  const table = markdownTable(
    signalColumns,
    rows.map(({ cells }) => cells),
  );
  const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  const conditions = `Node ${process.versions.node}, ${cpus().length} cores, ${minutes} minutes.`;
  process.stdout.write(`${table}\n\n${conditions}\n`);
  if (options.markdown !== undefined) writeFileSync(options.markdown, `${table}\n\n${conditions}\n`);
  return rows.every(({ kept }) => kept !== false) ? 0 : 1;
}
