import { createMemoryStore } from "./memory-store.ts";
import { describeResultStore } from "./store-conformance.test-support.ts";

let stores = 0;

describeResultStore("memory", () => {
  stores += 1;
  const store = createMemoryStore(`store-${stores}`);
  return { open: () => Promise.resolve(store), [Symbol.asyncDispose]: () => store.close() };
});
