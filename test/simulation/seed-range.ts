/** Which seeds a simulation test runs: its own, or those of `TQ_SEEDS`, "7" for one of them, "1-40" for a range. */
export function seedRange(own: readonly [first: number, last: number]): readonly [number, number] {
  const text = process.env.TQ_SEEDS;
  if (text === undefined || text === "") return own;
  const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(text) ?? [];
  // No seeds at all would pass for seeds without a failure.
  if (first === undefined || Number(first) > Number(last))
    throw new Error(`TQ_SEEDS is a seed, or a range such as 1-40, not "${text}"`);
  return [Number(first), Number(last)];
}
