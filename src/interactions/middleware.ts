/**
 * One step of the way an interaction goes. It may look at the context, widen it, hand it on by calling `next` at most
 * once, or stop the interaction by not calling it.
 */
export type Middleware<In, Out = In> = (context: In, next: (context: Out) => Promise<void>) => Promise<void>;

/** A sequence of steps whose types follow each other: a step sees only what the steps before it have established. */
export interface Chain<In, Out> {
  use<Next>(middleware: Middleware<Out, Next>): Chain<In, Next>;
  /** Runs synchronously up to the first step that awaits something. */
  run(context: In): Promise<void>;
}

export function chain<In>(): Chain<In, In> {
  return build<In, In>((context, last) => last(context));
}

function build<In, Out>(through: Middleware<In, Out>): Chain<In, Out> {
  return {
    use<Next>(middleware: Middleware<Out, Next>): Chain<In, Next> {
      return build<In, Next>((context, last) => through(context, (reached) => middleware(reached, once(last))));
    },
    run: (context) => through(context, async () => {}),
  };
}

function once<Context>(next: (context: Context) => Promise<void>): (context: Context) => Promise<void> {
  let called = false;
  return (context) => {
    if (called) throw new Error("next() was called twice: an interaction goes its way once; return after calling it");
    called = true;
    return next(context);
  };
}
