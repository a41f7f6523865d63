import { describe, expect, it } from "vitest";
import { Image } from "../../../src/image/image.js";
import { layersOf, planned, plannedTogether } from "../planned.js";

const debian = Image.from("debian:bookworm-slim");

describe("join-runs", () => {
  const only = ["join-runs"];

  it.each([
    ["curl -o /tmp/x https://example.com/x && sh /tmp/x", "rm /tmp/x"],
    ["curl -fsSLO https://example.com/a.tgz", "cd / && rm -f a.tgz", "/"],
    ["git clone https://example.com/src.git /src && make -C /src", "rm -rf /src"],
    ["tar -xf /a.tar -C /opt/build", "rm -rf /opt/build/docs"],
    ["cd /src && make", "rm -rf /src/obj"],
    ["make", "rm -rf obj", "/src"],
    ["echo 1 > /var/log/made", "rm /var/log/*"],
    ["cp -r /usr/share/x /a/", "rm -rf /a/x/doc"],
    ["apt-get install -y gcc make", "apt-get purge -y gcc && apt-get autoremove -y"],
    ["apk add --virtual .build gcc", "apk del .build"],
    ["apt-get update && apt-get install -y jq", "rm -rf /var/lib/apt/lists/* /src"],
    ["npm ci", "npm prune --omit=dev", "/app"],
    ["./build /tmp/out", "mv /tmp/out /opt/app"],
    ["./build --dir=/tmp/out", "find /tmp/out -delete"],
  ])("joins %s with %s", (first, second, workdir = "/") => {
    const { plan, records } = planned(debian.workdir(workdir).run(first).run(second), {}, only);
    expect(layersOf(plan).at(-1)).toHaveLength(2);
    expect(records).toMatchObject([{ reruns: 1 }]);
  });

  it.each([
    ["what frees nothing", "make", "echo rm"],
    ["what was never there", "dd if=/dev/zero of=/big bs=1M count=20", "touch /a && rm -f /tmp/nothing"],
    ["what the first removed itself", "touch /tmp/x && rm /tmp/x", "touch /tmp/x && rm /tmp/x"],
    ["what stands beside it", "touch /tmp/x", "rm /tmp/xy"],
    ["what lies in a copy", "echo 1 > /a", "rm -rf /src"],
    ["an empty directory's later contents", "mkdir -p /opt/app", "touch /opt/app/x && rm /opt/app/x"],
    ["another download to /tmp", "cd /tmp && make", "touch /tmp/x && rm /tmp/x"],
    ["a program beside one that was copied", "cp /a /usr/local/bin/", "rm -f /usr/local/bin/b"],
    ["another package", "apt-get install -y gcc", "apt-get purge -y curl"],
    ["its own directory", "touch /x", 'D="$(mktemp -d)" && touch "$D/x" && rm -r "$D"'],
  ])("keeps apart %s", (_, first, second) => {
    const { plan, warnings } = planned(debian.run(first).run(second), {}, only);
    expect(layersOf(plan)).toHaveLength(2);
    expect(warnings).toEqual([]);
  });

  const made = debian.run("echo 1 > /src/x");
  it.each([
    ["another user", made.user("app").run("rm -rf /src"), "user, shell, network or mounts differ"],
    [
      "mounts",
      debian.run("echo 1 > /src/x", { mounts: [{ type: "tmpfs", target: "/t" }] }).run("rm -rf /src"),
      "user, shell, network or mounts differ",
    ],
    ["a hard link", debian.run("cp -al /a /b").run("echo two >> /b/x && rm -r /b"), "hard links"],
    ["an unknown program", debian.run("make /b").run("./x && rm -r /b"), "hard links"],
    ["what only the shell knows", made.run('rm -rf "$DIRECTORY"'), "does not name"],
    ["a search by name", made.run("find / -name '*.pyc' -delete"), "does not name"],
  ] as const)("keeps apart and says so: %s", (_, image, reason) => {
    const { plan, warnings } = planned(image, {}, only);
    expect(layersOf(plan)).toHaveLength(2);
    expect(warnings).toMatchObject([{ code: "REMOVE_FREES_NOTHING" }]);
    expect(warnings[0]?.message).toContain(reason);
  });

  it("says nothing of removals that a pass appended", () => {
    const code = (image: Image) => planned(image).warnings.map((warning) => warning.code);
    expect(code(debian.run("apt-get update && apt-get install -y file").run("npm ci"))).toEqual([]);
    expect(code(debian.run("pip install flask").run("pip install gunicorn"))).toEqual(["LEFTOVERS"]);
    expect(code(debian.run("apk add curl").user("app").run("apk add git"))).toEqual(["LEFTOVERS"]);
  });

  it("keeps apart what a copy stands between", () => {
    expect(layersOf(planned(made.copy("a", "/a").run("rm -rf /src"), {}, only).plan)).toHaveLength(3);
  });

  it("keeps the layer that another image shares", () => {
    const [one, other] = plannedTogether([made.run("rm -rf /src"), made.run("true")]);
    expect(layersOf(one!.plan)).toHaveLength(2);
    expect(one?.plan.stages[0]?.layers[0]?.id).toBe(other?.plan.stages[0]?.layers[0]?.id);
    expect(one?.warnings[0]?.message).toContain("other images share that layer");
  });

  it("leaves a stage alone that does not ship", () => {
    const stage = made.run("rm -rf /src");
    const { plan, warnings } = planned(Image.scratch().copy(stage.path("/x"), "/x"));
    expect(plan.stages[0]?.layers).toHaveLength(2);
    expect(warnings).toEqual([]);
  });
});
