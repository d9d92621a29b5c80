import type { BackendAccess, Config, ControlConfig } from "../config.ts";

export type Verdict = "ok" | "warn" | "fail";

/** One line of what the doctor says. */
export interface Finding {
  readonly verdict: Verdict;
  /** What was found, without a secret. */
  readonly says: string;
  /** What to do about it; absent when it is well. */
  readonly todo?: string;
  /** For whoever wants to know more. */
  readonly details?: readonly string[];
}

export const ok = (says: string, details?: readonly string[]): Finding => ({
  verdict: "ok",
  says,
  ...(details === undefined ? {} : { details }),
});
export const warn = (says: string, todo: string): Finding => ({ verdict: "warn", says, todo });
export const fail = (says: string, todo: string): Finding => ({ verdict: "fail", says, todo });

/** What the checks work with; a part is absent while its variables are wrong. */
export interface Patient {
  readonly env: NodeJS.ProcessEnv;
  readonly discord: Config["discord"] | undefined;
  readonly backend: BackendAccess | undefined;
  readonly control: ControlConfig | undefined;
  /** Wall-clock time, ms since the epoch. */
  readonly now: () => number;
}

/** Looks at one thing and changes nothing anywhere; ends by itself in bounded time, or is given up. */
export interface Check {
  readonly name: string;
  /** The parts of the configuration it cannot do without. */
  readonly needs: readonly ("discord" | "backend" | "control")[];
  run(patient: Patient): Promise<readonly Finding[]>;
}
