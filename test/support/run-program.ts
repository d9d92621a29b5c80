import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface ProgramResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** An empty folder when absent, where there is no `.env` of the operator's. */
  readonly cwd?: string;
}

/** Runs a program to its end with a bare environment. */
export async function runProgram(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const folder = mkdtempSync(join(tmpdir(), "signalguard-program-"));
  try {
    const child = spawn(program, args, {
      cwd: options.cwd ?? folder,
      env: { PATH: process.env.PATH, HOME: folder, ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const output = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"] as const) {
      child[name].setEncoding("utf8").on("data", (text: string) => {
        output[name] += text;
      });
    }
    const [code] = await once(child, "close");
    return { code, ...output };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs one of `scripts/`, as `npm run` does. */
export const runScript = (name: string, args: readonly string[], options?: ProgramOptions): Promise<ProgramResult> =>
  runProgram(inRepository("node_modules/.bin/tsx"), [inRepository(`scripts/${name}`), ...args], options);

export const inRepository = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
