import { test } from "vitest";
import { playQuickStart } from "./quick-start-run.ts";

test("four processes count words: submitted tasks end at the sink, the others come back", async () => {
  await playQuickStart();
});
