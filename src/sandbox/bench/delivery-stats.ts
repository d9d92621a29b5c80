import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { z } from "zod";

const statsSchema = z.object({
  accepted: z.number(),
  open: z.number(),
  ends: z.record(z.string(), z.number()),
  deadLetters: z.record(z.string(), z.number()),
});

/** What the bot itself says became of the notifications. */
export type DeliveryStats = z.infer<typeof statsSchema>;

const script = fileURLToPath(new URL("../../../scripts/deliveries.ts", import.meta.url));
const typescriptLoader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;

/** Asks as an operator would: `npm run deliveries -- stats --json`. */
export async function readDeliveryStats(environment: Readonly<Record<string, string>>): Promise<DeliveryStats> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", typescriptLoader, script, "stats", "--json"],
    { env: { PATH: process.env.PATH, ...environment } },
  );
  return statsSchema.parse(JSON.parse(stdout));
}
