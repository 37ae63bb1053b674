import { createMemoryHub } from "@tq/common/transport";
import { linkSuite } from "./link-suite.ts";

linkSuite({
  name: "memory",
  world: () => {
    const hub = createMemoryHub();
    return () => hub.transport();
  },
  wildcard: () => "memory:*",
});
