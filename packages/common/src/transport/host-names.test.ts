import { expect, test } from "vitest";
import { isAddress, systemLookUp } from "./host-names.ts";

test("the machine's own lookup knows its hosts file, and gives each address once", async () => {
  const addresses = await systemLookUp("localhost");
  expect(addresses).not.toEqual([]);
  expect(addresses.filter((address) => !["127.0.0.1", "::1"].includes(address))).toEqual([]);
  expect(new Set(addresses).size).toBe(addresses.length);
});

test.each(["10.0.0.5", "::1", "fe80::1%eth0"])("%s is an address", (host) => {
  expect(isAddress(host)).toBe(true);
});

test.each(["localhost", "10.0.0", "queue.example", "fe80"])("%s is a name", (host) => {
  expect(isAddress(host)).toBe(false);
});
