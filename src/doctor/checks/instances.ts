import { systemClock } from "../../clock.ts";
import { countInstances } from "../../supervision/instances.ts";
import { countLedInstances, type LedInstances } from "../../supervision/led-instances.ts";
import { type Check, type Finding, fail, ok, warn } from "../finding.ts";

/** Who else runs with this token. */
export const instances: Check = {
  name: "instances",
  needs: ["control"],
  async run({ control }) {
    if (control === undefined) return [];
    if (control.instanceMode === "lease") return judgeLed(await countLedInstances({ ...control, clock: systemClock }));
    const { count, host, redis } = await countInstances({ ...control, clock: systemClock });
    const findings: Finding[] = [];
    if (host !== undefined && !host.answers) {
      const who = host.pid === undefined ? "the bot of this machine" : `process ${host.pid} of this machine`;
      findings.push(fail(`${who} hangs`, "npm run bot -- restart, or restart it with its supervisor"));
    }
    if (count > 1) {
      findings.push(
        fail(
          `${count} processes run with this token, and race for every interaction`,
          "npm run check:instances shows them; stop all but one",
        ),
      );
    }
    if (redis.kind === "unreachable") {
      findings.push(
        warn(
          `${count} on this machine; others cannot be seen (Redis: ${redis.reason})`,
          "look again when Redis can be reached",
        ),
      );
    }
    if (findings.length > 0) return findings;
    if (count === 0) return [ok("none runs")];
    return [ok(host === undefined ? "1 runs, on another machine" : `1 runs: process ${host.pid}`)];
  },
};

function judgeLed({ host, lease }: LedInstances): readonly Finding[] {
  if (lease.kind === "unreachable") {
    return [
      fail(
        `nobody can lead, and who does cannot be seen (Redis: ${lease.reason})`,
        "start Redis, or correct REDIS_URL and REDIS_DB",
      ),
    ];
  }
  const { leader, epoch, standbys, count } = lease;
  const holder = host && (host.pid === undefined ? "a process" : `process ${host.pid}`);
  const leads = leader && `process ${leader.pid} on ${leader.host} leads`;
  if (count > 1) {
    const other = holder === undefined ? "another lives without the lease" : `${holder} of this machine holds the lock`;
    return [
      fail(
        `${leads === undefined ? "nobody leads" : leads}, and ${other}: ${count} can answer`,
        "npm run check:instances shows them; stop whichever has no lease",
      ),
    ];
  }
  if (leads === undefined) {
    const instead = holder === undefined ? "" : `: ${holder} of this machine holds the lock instead`;
    return [warn(`nobody leads${instead}`, "start the bot with INSTANCE_MODE=lease, and look at its log")];
  }
  const waiting = standbys.map((standby) => `stands by: process ${standby.pid} on ${standby.host}`);
  return [
    ok(`${leads} (epoch ${epoch}), ${standbys.length} ${standbys.length === 1 ? "stands" : "stand"} by`, waiting),
  ];
}
