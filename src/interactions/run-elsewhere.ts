import type { Answer } from "./answer.ts";
import type { Handlers, InputHandler } from "./handler.ts";
import type { Given, Progress, Running } from "./request.ts";

/**
 * What answers an interaction of a process that does not, without doing twice what must not be done twice; undefined where
 * that cannot be.
 */
export function runElsewhere(
  { commands, components, modals }: Handlers,
  given: Given & { readonly command: string },
): ((running: Running & Progress) => Promise<Answer>) | undefined {
  switch (given.kind) {
    case "command":
      return runWith(commands.get(given.command), given.input);
    case "component":
      return runWith(components.get(given.command), given.input);
    case "modal":
      return runWith(modals.get(given.command), given.input);
  }
}

/** A definition that cannot even say whether it only reads is not run. */
export function mayRunElsewhere(...[handlers, given]: Parameters<typeof runElsewhere>): boolean {
  try {
    return runElsewhere(handlers, given) !== undefined;
  } catch {
    return false;
  }
}

function runWith<Input>(handler: InputHandler<Input> | undefined, input: Input) {
  const run = handler?.reads(input) === true ? handler.runAlone : handler?.recover;
  return run && ((running: Running & Progress): Promise<Answer> => run({ ...input, ...running }));
}
