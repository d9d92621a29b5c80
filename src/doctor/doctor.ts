import { type Clock, delay } from "../clock.ts";
import { ConfigError, readBackendAccess, readControlConfig, readDiscordConfig } from "../config.ts";
import { applicationCheck } from "./checks/application.ts";
import { backend } from "./checks/backend.ts";
import { clock as clockCheck } from "./checks/clock.ts";
import { commands } from "./checks/commands.ts";
import { configuration } from "./checks/configuration.ts";
import { guildCheck } from "./checks/guild.ts";
import { identifies } from "./checks/identifies.ts";
import { instances } from "./checks/instances.ts";
import { intents } from "./checks/intents.ts";
import { node } from "./checks/node.ts";
import { redis } from "./checks/redis.ts";
import { token } from "./checks/token.ts";
import { type Check, type Finding, fail, type Patient, warn } from "./finding.ts";

/** Everything that is looked at, in the order in which it is told. */
export const checks: readonly Check[] = [
  configuration,
  node,
  token,
  applicationCheck,
  guildCheck,
  commands,
  intents,
  identifies,
  clockCheck,
  redis,
  backend,
  instances,
];

export interface Examined extends Finding {
  readonly check: string;
}

export interface Diagnosis {
  readonly findings: readonly Examined[];
  /** For a script: 0 nothing fails, 1 something does, 78 the configuration is wrong. */
  readonly exitCode: 0 | 1 | 78;
}

/** Longer than every timeout within a check: what takes longer hangs where nobody thought of it, ms. */
const limitMs = 20_000;

/** Looks at everything side by side. Nothing is changed anywhere, and whatever hangs is given up. */
export async function examine(
  env: NodeJS.ProcessEnv,
  clock: Clock,
  looks: readonly Check[] = checks,
): Promise<Diagnosis> {
  const patient: Patient = {
    env,
    discord: readable(readDiscordConfig, env),
    backend: readable(readBackendAccess, env),
    control: readable(readControlConfig, env),
    now: () => clock.now(),
  };
  const all = await Promise.all(looks.map((check) => examineOne(check, patient, clock)));
  const findings = all.flat();
  const failed = findings.filter(({ verdict }) => verdict === "fail");
  const badConfiguration = failed.some(({ check }) => check === configuration.name);
  return { findings, exitCode: badConfiguration ? 78 : failed.length > 0 ? 1 : 0 };
}

async function examineOne(check: Check, patient: Patient, clock: Clock): Promise<readonly Examined[]> {
  const { name, needs } = check;
  const named = (findings: readonly Finding[]) => findings.map((finding) => ({ check: name, ...finding }));
  if (needs.some((part) => patient[part] === undefined)) {
    return named([warn("not looked at", "correct the configuration first")]);
  }
  const over = new AbortController();
  try {
    return named(
      await Promise.race([
        check.run(patient),
        delay(clock, limitMs, over.signal).then(() => [
          fail(`could not be found out within ${limitMs / 1000} s`, "look again; something on the way hangs"),
        ]),
      ]),
    );
  } catch (error) {
    // Whatever it holds of what was asked stays here.
    const kind = error instanceof Error ? error.name : "something that is no error";
    return named([fail(`could not be found out: ${kind}`, "that is a defect of the doctor: tell its developers")]);
  } finally {
    over.abort();
  }
}

function readable<T>(read: (env: NodeJS.ProcessEnv) => T, env: NodeJS.ProcessEnv): T | undefined {
  try {
    return read(env);
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
