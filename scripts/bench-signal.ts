import { Command } from "commander";
import { runSignals } from "../src/sandbox/bench/signal-load.ts";
import { signalColumns, signalRows } from "../src/sandbox/bench/signal-table.ts";
import { runBenchmark } from "./benchmark.ts";

/** What a kept signal saves people and the backend, against plain discord.js; ends with 1 when a target is missed. */
const options = new Command("bench:signal")
  .description("Ask for 300 signals of 20 pairs as 50 people, of a backend that takes 1.5 s for each.")
  .option("--markdown <file>", "write the table there too")
  .parse()
  .opts<{ markdown?: string }>();

/** `backend-contract.md` 1.3. */
const shippedLimit = { max: 100, windowMs: 900_000 };

process.exitCode = await runBenchmark(async () => {
  // What is refreshed ahead is asked for besides, as far as a limit allows.
  const env = { PRECOMPUTE_SIGNALS: "off" };
  const rows = signalRows({
    ours: await runSignals("ours", { rateLimit: "off", env }),
    guide: await runSignals("guide", { rateLimit: "off" }),
    oursLimited: await runSignals("ours", { rateLimit: shippedLimit }),
    guideLimited: await runSignals("guide", { rateLimit: shippedLimit }),
  });
  return {
    tables: [{ columns: signalColumns, rows: rows.map(({ cells }) => cells) }],
    broken: rows.filter(({ kept }) => kept === false).map(({ cells }) => cells.join(", ")),
  };
}, options.markdown);
