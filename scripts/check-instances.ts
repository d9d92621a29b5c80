import { Command } from "commander";
import dotenv from "dotenv";
import { systemClock } from "../src/clock.ts";
import { ConfigError, readControlConfig } from "../src/config.ts";
import { countInstances, type InstanceCount, instancesExitCode } from "../src/supervision/instances.ts";

dotenv.config({ quiet: true });

const { json } = new Command("check:instances")
  .description(
    "Count the processes that run with this token. Ends with 0 when it is one, 1 when it is none, 2 when they are more, " +
      "3 when others could not be looked for because Redis does not answer, 78 when the configuration is wrong.",
  )
  .option("--json", "for programs")
  .parse()
  .opts<{ json?: boolean }>();

try {
  const counted = await countInstances({ ...readControlConfig(process.env), clock: systemClock });
  print(json ? JSON.stringify(counted) : describe(counted));
  process.exitCode = instancesExitCode(counted);
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 78;
}

function describe({ count, host, redis }: InstanceCount): string {
  const lines = [count === 1 ? "1 instance runs." : `${count === 0 ? "No" : count} instances run.`];
  if (host !== undefined) {
    const who = host.pid === undefined ? "a process that does not say which" : `process ${host.pid}`;
    lines.push(`  on this machine: ${who}${host.answers ? "" : ", which hangs"}`);
  }
  if (redis.kind === "unreachable") {
    lines.push(`  Redis cannot be asked (${redis.reason}): instances of other machines are not seen`);
  } else {
    lines.push(`  ${redis.living} say in Redis that they live, on whatever machine`);
  }
  if (count > 1) {
    lines.push(
      "They race for every interaction. Stop all but one; INSTANCE_MODE=lock keeps a second one of a machine out.",
    );
  }
  return lines.join("\n");
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
