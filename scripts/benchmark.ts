import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { type Comparison, comparisonCells, comparisonColumns } from "../src/sandbox/bench/comparison.ts";
import { markdownTable, textTable } from "../src/sandbox/bench/tables.ts";

/** What a benchmark found. */
export interface Findings {
  readonly tables: readonly { readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }[];
  /** Under what it was measured, beside the machine and the time it took; a sentence, or the beginning of one. */
  readonly conditions?: string;
  /** What was promised and is not so, a line each. */
  readonly broken: readonly string[];
}

/**
 * Measures, prints the tables with the conditions under them, and tells what is broken.
 *
 * @param markdown a file for the same tables, as they stand in the README
 * @returns the exit code: 1 when something is broken
 */
export async function runBenchmark(measure: () => Promise<Findings>, markdown: string | undefined): Promise<number> {
  const startMs = performance.now();
  const { tables, conditions = "", broken } = await measure();
  const minutes = ((performance.now() - startMs) / 60_000).toFixed(1);
  const machine = `Node ${process.versions.node}, ${cpus().length} cores, ${minutes} minutes.`;
  const under = `${conditions} ${machine}`.trimStart();
  const written = (table: typeof textTable) =>
    `${[...tables.map(({ columns, rows }) => table(columns, rows)), under].join("\n\n")}\n`;
  process.stdout.write(written(textTable));
  if (markdown !== undefined) writeFileSync(markdown, written(markdownTable));
  for (const line of broken) process.stdout.write(`Broken promise: ${line}\n`);
  return broken.length === 0 ? 0 : 1;
}

export const comparisonFindings = (comparisons: readonly Comparison[]): Pick<Findings, "tables" | "broken"> => ({
  tables: [{ columns: comparisonColumns, rows: comparisons.map(comparisonCells) }],
  broken: comparisons
    .filter(({ kept }) => kept === false)
    .map(({ what, ratio, target }) => `${what}: ${ratio}, ${target}`),
});
