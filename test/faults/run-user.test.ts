import { test } from "vitest";
import { bothWays, expectSame } from "./on-bases.js";

const accounts = [
  "echo 'app:x:1000:1000::/home/app:/bin/sh' >> /etc/passwd",
  "echo 'app:x:1000:' >> /etc/group",
  "echo 'extra:x:2000:app,other' >> /etc/group",
  "echo 'more:x:2001:app' >> /etc/group",
  "echo 'rooty:x:2002:root' >> /etc/group",
  "mkdir -m 777 /out",
].join(" && ");

const users = [
  "app",
  "1000",
  "app:extra",
  "app:2001",
  "1000:2000",
  "1000:more",
  "1000:1000",
  "4242",
  "4242:app",
  "4242:4243",
  "root",
  "0",
  "root:app",
  "0:0",
];

const none = { network: "none" } as const;

/** Writes what a process is told of itself to a file, named by a number. */
const whoami = (at: number) =>
  `(grep -E '^(Uid|Gid|Groups):' /proc/self/status; echo "home $HOME") > /out/${at}`;

test("E18: a command has the user and the groups that BuildKit gives it", {
  timeout: 300_000,
}, async (context) => {
  const built = await bothWays(
    context,
    (base) =>
      users.reduce(
        (image, user, at) => image.run(whoami(at), { ...none, user }),
        // Who the base's own user is, which the last lines need again, is known of every base then.
        base.user("root").run(accounts, none).run(whoami(users.length), none),
      ),
    { builders: ["docker26", "docker28"] },
  );
  expectSame(built);
});

test("E18: so has one with the user of the config", { timeout: 300_000 }, async (context) => {
  const built = await bothWays(context, (base) =>
    ["app", "1000", "4242", "app:extra"].reduce(
      (image, user, at) => image.user(user).run(whoami(at), none),
      base.run(accounts, none),
    ),
  );
  expectSame(built);
});
