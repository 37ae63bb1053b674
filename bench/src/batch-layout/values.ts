/**
 * The values that the batch layouts are measured with: what a task's input or output looks like, in three sizes.
 * Every value differs from its neighbours, as real ones do, so that nothing is won by repetition alone; key order
 * and shape are the same, as they are for the tasks of one definition.
 */

export type Shape = "small" | "100B" | "4KiB";

export const shapes: readonly Shape[] = ["small", "100B", "4KiB"];

export function makeValue(shape: Shape, id: number): { id: number } {
  switch (shape) {
    case "small":
      return smallValue(id);
    case "100B":
      return lineItem(id);
    case "4KiB":
      return order(id);
  }
}

export function makeValues(shape: Shape, count: number, firstId = 0): { id: number }[] {
  return Array.from({ length: count }, (_, index) => makeValue(shape, firstId + index));
}

function smallValue(id: number): { id: number; value: number } {
  return { id, value: id % 1000 };
}

/** About 100 bytes as MessagePack: a few short strings, numbers, a boolean. */
function lineItem(id: number) {
  return {
    id,
    path: `/var/data/incoming/${id % 97}/report-${id}.csv`,
    bytes: 40_000 + (id % 9973),
    region: regions[id % regions.length] ?? "",
    ratio: (id % 1000) / 7,
    urgent: id % 3 === 0,
  };
}

/** About 4 KiB as MessagePack: what a web API answers, an object with a list of objects and a longer text. */
function order(id: number) {
  return {
    id,
    customer: {
      name: `Customer number ${id % 5000}`,
      email: `customer-${id % 5000}@mail.example`,
      tier: id % 4,
    },
    lines: Array.from({ length: 32 }, (_, line) => lineItem(id * 32 + line)),
    note: `Deliver to the side entrance, ask for desk ${id % 40}. `.repeat(10),
  };
}

const regions = ["north", "south-east", "west", "overseas"];
