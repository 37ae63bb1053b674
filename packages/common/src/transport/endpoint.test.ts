import { describe, expect, test } from "vitest";
import { assertBindAllowed } from "./assert-bind-allowed.ts";
import {
  type Endpoint,
  formatEndpoint,
  parseConnectEndpoint,
  parseEndpoint,
  reachableEndpoint,
} from "./endpoint.ts";

const readable: [text: string, endpoint: Endpoint][] = [
  ["tcp://127.0.0.1:5557", { kind: "tcp", host: "127.0.0.1", port: 5557 }],
  ["tcp://queue-1.example_net.org:65535", { kind: "tcp", host: "queue-1.example_net.org", port: 65_535 }],
  ["tcp://*:*", { kind: "tcp", host: "*", port: "*" }],
  ["tcp://[::1]:1", { kind: "tcp", host: "::1", port: 1 }],
  ["tcp://[fe80::1%eth0]:5557", { kind: "tcp", host: "fe80::1%eth0", port: 5557 }],
  ["ipc:///run/tq/workers", { kind: "ipc", path: "/run/tq/workers" }],
  ["ipc://@tq", { kind: "ipc", path: "@tq" }],
  ["inproc://here", { kind: "inproc", name: "here" }],
  ["memory:here", { kind: "memory", name: "here" }],
  ["memory:*", { kind: "memory", name: "*" }],
];

const unreadable: [text: string, remedy: string][] = [
  ["", "tcp://HOST:PORT"],
  ["127.0.0.1:5557", "tcp://HOST:PORT"],
  ["tcp:127.0.0.1:5557", "two slashes"],
  ["tcp://127.0.0.1", "must be tcp://HOST:PORT"],
  ["tcp://:5557", "host is missing"],
  ["tcp://127.0.0.1:0", "1 to 65535"],
  ["tcp://127.0.0.1:65536", "1 to 65535"],
  ["tcp://127.0.0.1:http", "1 to 65535"],
  ["tcp://127.0.0.1:5557/", "must be tcp://HOST:PORT"],
  ["tcp://::1:5557", "in brackets"],
  ["tcp://[localhost]:5557", "not an IPv6 address"],
  ["tcp://user@host:5557", "not a host name"],
  ["tcp://host :5557", "white space"],
  ["tcp://127.0.0.1:5557\n", "white space"],
  ["http://127.0.0.1:5557", "tcp://HOST:PORT"],
  ["TCP://127.0.0.1:5557", "tcp://HOST:PORT"],
  ["ipc://", "a path must follow"],
  [`ipc:///${"x".repeat(107)}`, "107 bytes"],
  ["inproc://", "a name must follow"],
  ["memory:", "a name must follow"],
  ["memory://here", "memory:here"],
];

describe("endpoints", () => {
  test.each(readable)("%s is read, and written as it was", (text, endpoint) => {
    expect(parseEndpoint(text)).toEqual(endpoint);
    expect(formatEndpoint(endpoint)).toBe(text);
  });

  test.each(unreadable)("%j is refused with what would be right: %s", (text, remedy) => {
    expect(() => parseEndpoint(text)).toThrow(
      expect.objectContaining({ code: "TQ_ERR_INVALID_ENDPOINT", message: expect.stringContaining(remedy) }),
    );
  });

  test.each(["tcp://*:5557", "tcp://127.0.0.1:*", "ipc://*", "memory:*"])(
    "%s cannot be connected to",
    (text) => {
      expect(() => parseConnectEndpoint(text)).toThrow(
        expect.objectContaining({ code: "TQ_ERR_INVALID_ENDPOINT" }),
      );
    },
  );
});

const announcements: [announced: string, via: string, reachable: string][] = [
  ["tcp://0.0.0.0:5558", "tcp://10.0.0.5:5557", "tcp://10.0.0.5:5558"],
  ["tcp://*:5558", "tcp://queue.example.org:5557", "tcp://queue.example.org:5558"],
  ["tcp://[::]:5558", "tcp://10.0.0.5:5557", "tcp://10.0.0.5:5558"],
  ["tcp://0.0.0.0:5558", "tcp://[fd00::5]:5557", "tcp://[fd00::5]:5558"],
  ["tcp://[0:0:0:0:0:0:0:0]:5558", "tcp://localhost:5557", "tcp://localhost:5558"],
  ["tcp://0.0.0.0:5558", "ipc:///run/tq/workers", "tcp://127.0.0.1:5558"],
  ["tcp://[::]:5558", "inproc://here", "tcp://[::1]:5558"],
  ["tcp://10.0.0.7:5558", "tcp://10.0.0.5:5557", "tcp://10.0.0.7:5558"],
  ["tcp://[::1]:5558", "tcp://10.0.0.5:5557", "tcp://[::1]:5558"],
  ["tcp://[fd00::]:5558", "tcp://10.0.0.5:5557", "tcp://[fd00::]:5558"],
  ["ipc:///run/tq/sink", "tcp://10.0.0.5:5557", "ipc:///run/tq/sink"],
  ["memory:sink", "memory:workers", "memory:sink"],
  ["nonsense", "tcp://10.0.0.5:5557", "nonsense"],
];

describe("an endpoint that a peer announced", () => {
  test.each(announcements)("%s is reachable, where %s was, at %s", (announced, via, reachable) => {
    expect(reachableEndpoint(announced, via)).toBe(reachable);
  });
});

describe("binding", () => {
  const inside = [
    "tcp://127.0.0.1:*",
    "tcp://127.1.2.3:5557",
    "tcp://localhost:5557",
    "tcp://[::1]:5557",
    "ipc:///tmp/x",
    "memory:x",
    "inproc://x",
  ];
  const outside = [
    "tcp://*:5557",
    "tcp://0.0.0.0:5557",
    "tcp://10.0.0.5:5557",
    "tcp://[::]:5557",
    "tcp://[::ffff:10.0.0.5]:5557",
    "tcp://127.example.org:5557",
    "tcp://127.0.0.1.example.org:5557",
    "tcp://eth0:5557",
  ];

  test.each(inside)("%s stays on this machine and is allowed", (endpoint) => {
    expect(() => assertBindAllowed(endpoint, {})).not.toThrow();
  });

  test.each(outside)("%s lets others in and needs insecure: true", (endpoint) => {
    expect(() => assertBindAllowed(endpoint, {})).toThrow(
      expect.objectContaining({
        code: "TQ_ERR_INSECURE_BIND",
        message: expect.stringContaining("insecure: true"),
      }),
    );
    expect(() => assertBindAllowed(endpoint, { insecure: true })).not.toThrow();
  });
});
