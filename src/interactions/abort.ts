/** Thrown in a command's place when its time is over; the command may not have noticed. */
export class CommandAborted extends Error {
  override readonly name = "CommandAborted";
  readonly code = "COMMAND_ABORTED";
}

/** The command's answer, or {@link CommandAborted} as soon as its time is over, whether it listens or not. */
export function orAborted<T>(running: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(new CommandAborted("the command ran out of time"));
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    running.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
