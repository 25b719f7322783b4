/**
 * What is asked for while a round is under way goes into the next: under load many share a
 * statement and its commit, and whoever comes alone does not wait. A round that fails is tried again
 * one by one, so that nobody fails by another's fault.
 *
 * @param o.run answers in the order of the items
 */
export function inRounds<Item, Result>(o: {
  readonly itemsMax: number;
  readonly run: (items: readonly Item[]) => Promise<readonly Result[]>;
}): (item: Item) => Promise<Result> {
  const waiting: Waiting<Item, Result>[] = [];
  let running = false;

  async function runAll(): Promise<void> {
    running = true;
    while (waiting.length > 0) await runRound(waiting.splice(0, o.itemsMax));
    running = false;
  }

  async function runRound(round: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await o.run(round.map(({ item }) => item));
      for (const [index, { resolve }] of round.entries()) resolve(results[index] as Result);
    } catch (error) {
      const [only, ...others] = round;
      if (others.length === 0) only?.reject(error);
      else for (const one of round) await runRound([one]);
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!running) void runAll();
    });
}

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}
