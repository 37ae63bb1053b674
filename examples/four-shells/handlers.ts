/**
 * Handlers for the `tq` command, which starts everything else:
 *
 *   tq worker examples/four-shells/handlers.ts --ventilator tcp://127.0.0.1:5557
 *   seq 1 1000 | tq submit math.square - --ventilator tcp://127.0.0.1:5556
 */
import { defineTask, handler } from "@tq/worker";
import { z } from "zod";

const square = defineTask({ name: "math.square", input: z.number(), output: z.number() });

export const squaring = handler(square, (n) => n * n);
