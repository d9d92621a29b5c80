/** A secret found where none may stand. Tells which and where, and never what it is. */
export interface Leak {
  readonly what: string;
  /** From 1, in the output of one process. */
  readonly line: number;
}

export interface SearchedLog {
  /** Lines looked at. */
  readonly lines: number;
  readonly leaks: readonly Leak[];
}

/** What secrets look like whoever made them: an interaction's token is base64 of "interaction:…" (`discord-facts.md` 9). */
const shapes: readonly (readonly [what: string, shape: RegExp])[] = [
  ["an interaction token", /aW50ZXJhY3Rpb2[\w-]{8,}/],
  ["a bot token", /\b[\w-]{17,}\.[\w-]{6}\.[\w-]{27,}/],
];

/**
 * Looks at every line of every process for secrets.
 *
 * @param outputs the lines of each process
 * @param known secrets by what they are; the parts of a bot token count as well
 */
export function searchForSecrets(
  outputs: readonly (readonly string[])[],
  known: Readonly<Record<string, string>>,
): SearchedLog {
  const secrets = Object.entries(known);
  const leaksIn = (text: string, index: number): readonly Leak[] => [
    ...shapes.filter(([, shape]) => shape.test(text)).map(([what]) => ({ what, line: index + 1 })),
    ...secrets.filter(([, secret]) => text.includes(secret)).map(([what]) => ({ what, line: index + 1 })),
  ];
  return {
    lines: outputs.reduce((sum, lines) => sum + lines.length, 0),
    leaks: outputs.flatMap((lines) => lines.flatMap(leaksIn)),
  };
}
