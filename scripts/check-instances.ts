import { Command } from "commander";
import dotenv from "dotenv";
import { systemClock } from "../src/clock.ts";
import { ConfigError, readControlConfig } from "../src/config.ts";
import { countInstances, type InstanceCount, instancesExitCode } from "../src/supervision/instances.ts";
import { countLedInstances, type LedInstances, ledInstancesExitCode } from "../src/supervision/led-instances.ts";

dotenv.config({ quiet: true });

const { json } = new Command("check:instances")
  .description(
    "Count the processes that run with this token. Ends with 0 when it is one, 1 when it is none, 2 when they are more, " +
      "3 when others could not be looked for because Redis does not answer, 78 when the configuration is wrong. With " +
      "INSTANCE_MODE=lease those count that can answer people: any number may stand by beside the one that leads.",
  )
  .option("--json", "for programs")
  .parse()
  .opts<{ json?: boolean }>();

try {
  const control = { ...readControlConfig(process.env), clock: systemClock };
  if (control.instanceMode === "lease") {
    const found = await countLedInstances(control);
    print(json ? JSON.stringify(found) : describeLed(found));
    process.exitCode = ledInstancesExitCode(found);
  } else {
    const counted = await countInstances(control);
    print(json ? JSON.stringify(counted) : describe(counted));
    process.exitCode = instancesExitCode(counted);
  }
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 78;
}

function describe({ count, host, redis }: InstanceCount): string {
  const lines = [count === 1 ? "1 instance runs." : `${count === 0 ? "No" : count} instances run.`];
  if (host !== undefined) lines.push(`  on this machine: ${nameOf(host)}`);
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

function describeLed({ host, lease }: LedInstances): string {
  const lines: string[] = [];
  if (lease.kind === "unreachable") {
    lines.push(`Who leads cannot be told: Redis cannot be asked (${lease.reason}).`);
  } else {
    const { leader, epoch, standbys, finishingEpochs, strangers, count } = lease;
    lines.push(
      leader === undefined ? "Nobody leads." : `Process ${leader.pid} on ${leader.host} leads (epoch ${epoch}).`,
    );
    for (const { pid, host: place } of standbys) lines.push(`  stands by: process ${pid} on ${place}`);
    for (const former of finishingEpochs) lines.push(`  ends what it began: the leader of epoch ${former}`);
    for (const id of strangers) lines.push(`  lives without the lease: ${id}`);
    if (count > 1)
      lines.push("More than one can answer. Stop whichever has no lease, and set INSTANCE_MODE=lease for it.");
  }
  if (host !== undefined) lines.push(`  holds the lock of this machine, and asks for no lease: ${nameOf(host)}`);
  return lines.join("\n");
}

function nameOf({ pid, answers }: NonNullable<InstanceCount["host"]>): string {
  const who = pid === undefined ? "a process that does not say which" : `process ${pid}`;
  return `${who}${answers ? "" : ", which hangs"}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
