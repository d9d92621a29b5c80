import { Command } from "commander";
import dotenv from "dotenv";
import { systemClock } from "../src/clock.ts";
import { type Examined, examine } from "../src/doctor/doctor.ts";

dotenv.config({ quiet: true });

const { json } = new Command("doctor")
  .description(
    "Look at everything the bot depends on, and change nothing. Ends with 0 when nothing fails, 1 when something does, " +
      "78 when the configuration is wrong.",
  )
  .option("--json", "for programs")
  .parse()
  .opts<{ json?: boolean }>();

const { findings, exitCode } = await examine(process.env, systemClock);
const text = json ? JSON.stringify({ exitCode, findings }) : findings.map(describe).join("\n");
// What was given up may keep a connection open.
process.stdout.write(`${text}\n`, () => process.exit(exitCode));

function describe({ check, verdict, says, todo, details = [] }: Examined): string {
  const label = verdict === "fail" ? "FAIL" : verdict;
  const indent = " ".repeat(22);
  return [
    `${label.padEnd(5)} ${check.padEnd(15)} ${says}`,
    ...details.map((detail) => `${indent}${detail}`),
    ...(todo === undefined ? [] : [`${indent}→ ${todo}`]),
  ].join("\n");
}
