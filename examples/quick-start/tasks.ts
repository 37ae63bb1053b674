/** What the task of the quick start takes and gives. Every side imports it; it starts nothing. */
import { defineTask } from "@tq/common";
import { z } from "zod";

export const countWords = defineTask({
  name: "text.count-words",
  input: z.object({ path: z.string() }),
  output: z.record(z.string(), z.number()),
  retry: { maxAttempts: 3 },
});
