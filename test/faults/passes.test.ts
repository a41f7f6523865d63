import { describe, expect, it } from "vitest";
import { Image } from "../../src/image/image.js";
import { commandsIn, layersOf, planned, plannedTogether } from "../plan/planned.js";

const debian = Image.from("debian:bookworm-slim");
const update = "apt-get update && apt-get install -y --no-install-recommends file";
const more = "apt-get install -y --no-install-recommends less";

describe("P1: what a later command of the stage may use stays", () => {
  it("keeps the package lists for a second installation", () => {
    const { plan, warnings } = planned(debian.run(update).run(more));
    const [first, second] = commandsIn(plan);
    expect(first).toBe(update);
    // The lists are in the layer below: to hide them would free nothing.
    expect(second).toMatch(/less && rm -rf \/var\/cache\/apt\/archives/);
    expect(warnings).toMatchObject([{ code: "LEFTOVERS", origin: { line: 11 } }]);
    expect(warnings[0]?.message).toContain("write both as one step");
  });

  it.each([
    "./install.sh",
    "sh /opt/install.sh",
    "bash -c 'apt-get install -y less'",
    "make",
    "cat packages | xargs apt-get install -y",
    "find /opt/debs -name '*.list' -exec apt-get install -y less ';'",
    "if ! command -v less; then apt-get install -y less; fi",
    "test -e /x && apt-get update; apt-get install -y less",
    "add-apt-repository -y universe",
    "apt-cache policy less",
    "cp -r /var/lib/apt/lists /backup",
    "echo $(apt-cache madison less)",
    "sudo -u root apt install less",
    'eval "$INSTALL"',
    // The program is behind others, or a word of several.
    'PM=apt-get; "$PM" install -y less',
    'env -S "apt-get install -y less"',
    "sudo --user root apt-get install -y less",
    "timeout --signal KILL 10 apt-get install -y less",
    "echo less | xargs --max-args 1 apt-get install -y",
    'trap "apt-get install -y less" EXIT',
    'alias i="apt-get install -y"\ni less',
    "sh <<EOF\napt-get install -y less\nEOF",
    '. /etc/os-release; su root -c "apt-get install -y less"',
    ["/usr/bin/env", "bash", "-c", "apt-get install -y less"],
    // A program that is known starts another one, or only has the name of one that is known.
    "awk 'BEGIN { system(\"apt-get install -y less\") }'",
    "sed '1e apt-get install -y less' /etc/passwd",
    'tar -xf a.tar --to-command="apt-get install -y less"',
    "git submodule foreach apt-get install -y less",
    "./useradd app",
    "uv run install.py",
    "go run ./install",
    "echo $(( $(apt-cache dump | wc -l) + 1 ))",
    // It fails, or does something else, where what it names is missing.
    "rm /var/log/dpkg.log",
    "rm /var/log/*.log",
    "rmdir /var/log/apt",
    "mkdir /var/log/apt/old",
    "chmod 700 /var/lib/apt/lists/partial",
    "test -e /var/lib/apt/lists/lock",
    "echo x > /var/log/apt/mine",
    "mv /var/log/* /x",
    "dd if=/var/lib/apt/lists/lock of=/x",
    "curl file:///var/lib/apt/lists/lock -o /x",
    "cp -r /var/lib/apt/. /x",
    "rsync -a /var/ /x/",
    "cd / && cp -r var /x",
    "cd /var/lib/apt && cp -r lists /x",
    'cd "$DIRECTORY" && cp -r lists /x',
    "cd /var/cache/apt; dpkg -i archives/*.deb",
    "grep -r Package: /var/lib/apt",
    // The lists are fetched anew only in part, or perhaps.
    "apt-get update; apt-get install -y less",
    "set -e; apt-get update || true; apt-get install -y less",
    "apt-get update --print-uris && apt-get install -y less",
    "apt-get update -o Dir::Etc::sourcelist=/x && apt-get install -y less",
    "apt-get purge -y file less+",
  ])("keeps them for: %s", (command) => {
    const { plan, warnings } = planned(debian.run(update).run(command));
    expect(commandsIn(plan)[0]).toBe(update);
    expect(warnings).toContainEqual(expect.objectContaining({ code: "LEFTOVERS" }));
  });

  it.each([
    "useradd -r app && chown -R app /srv",
    "apt-get update && apt-get install -y less && rm -rf /var/lib/apt/lists/*",
    "apt-get purge -y file && apt-get autoremove -y",
    "rm -rf /tmp/* /var/tmp/*",
    "nginx -v",
    "pip install flask",
    "set -eux; groupadd -g 5 app; mkdir -p /data; chown 5:5 /data",
    'case "$(dpkg --print-architecture)" in amd64) curl -fsSL -o /x https://example.com/x ;; *) exit 1 ;; esac',
    "cat > /etc/x <<EOF\napt-get install\nEOF",
    "ln -sf /dev/stdout /var/log/nginx/access.log",
    "curl -fsSL https://example.com/x.tgz | tar -xz -C /",
    "rm -f /var/log/*.log && mkdir -p /var/log/apt",
    "set -eux; apt-get update; apt-get install -y less",
    "apt-get update && apt-get install -y less; rm -rf /tmp/*",
    "find / -name '*.pyc' -delete",
    "awk -F: '{ print $1 }' /etc/passwd && sed -i 's/a/e/' /etc/hosts",
    "cd /srv && cp -r app /app",
    "/usr/sbin/useradd app",
  ])("removes them before: %s", (command) => {
    const { plan } = planned(debian.run(update).copy("site", "/site").run(command), { site: "folder" });
    expect(commandsIn(plan)[0]).toMatch(/file && rm -rf \/var\/lib\/apt\/lists/);
  });

  it("cleans the one layer of a squash where nothing uses them any more", () => {
    const { plan } = planned(debian.run(update).run("./configure").run("useradd app").squash("own"));
    expect(commandsIn(plan)).toEqual([
      update,
      expect.stringMatching(/^\.\/configure && rm -rf /),
      "useradd app",
    ]);
  });
});

describe("P1: in the directory that a command starts in", () => {
  it.each([
    ["/var/cache/apt/archives", "dpkg -i *.deb"],
    ["/var/lib/apt", "cp -r lists /x"],
    ["/var/log/apt", "touch x"],
  ])("%s, what it may use stays: %s", (workdir, command) => {
    expect(commandsIn(planned(debian.run(update).workdir(workdir).run(command)).plan)[0]).toBe(update);
  });
});

describe("P2: what an image that starts from this one may use stays", () => {
  it.each([
    ["an image from it", (parent: Image) => Image.from(parent).run(more)],
    ["a longer chain from the same steps", (parent: Image) => parent.run(more)],
    ["one of several", (parent: Image) => Image.from(parent.copy("a", "/a")).run("true").run(more)],
  ])("keeps the lists for %s of the catalog", (_, childOf) => {
    const parent = debian.run(update);
    const other = parent.run("useradd app");
    const optimized = plannedTogether([parent, childOf(parent), other], { a: "file" });
    for (const { plan } of optimized) expect(commandsIn(plan, 0)[0]).toBe(update);
    const ids = optimized.map(({ plan }) => plan.stages[0]?.layers[0]?.id);
    expect(new Set(ids).size).toBe(1);
  });

  it("removes them where no image uses them", () => {
    const parent = debian.run(update);
    for (const { plan } of plannedTogether([parent, parent.run("useradd app")])) {
      expect(commandsIn(plan)[0]).toMatch(/file && rm -rf \/var\/lib\/apt\/lists/);
    }
  });
});

describe("P3: a cache that a later command of its manager reads stays", () => {
  it.each([
    ["pnpm install --frozen-lockfile", "rm -r node_modules && pnpm install --prod --offline"],
    ["npm ci", "npm ci --omit=dev --prefer-offline"],
    ["npm ci", "npm run build"],
    ["yarn install --immutable", "yarn workspaces focus --production"],
    ["pip install wheel", "pip install --no-index flask"],
    ["pip install wheel", "python3 -m pip install flask"],
    ["uv sync", "uv sync --offline"],
    ["go mod download", "go build ./..."],
    ["cargo fetch", "cargo build --offline"],
    ["gem install bundler", "bundle install --local"],
    ["composer install", "composer dump-autoload"],
    ["apk update && apk add curl", "apk add jq"],
    ["dnf -y install nginx", "microdnf -C install jq"],
    ["zypper -n in nginx", "zypper -n in jq"],
    ["npm ci", "corepack yarn && npx --offline tsc"],
    ["npm ci", "cd && cp -r .npm /x"],
    ["npm ci", "chown -R 1000 /root/.npm"],
    ["pip install wheel", "python3 -m pip cache list"],
    ["dnf -y install nginx", "dnf history undo last"],
    ["apk update && apk add curl", "apk policy jq"],
  ])("%s, then %s", (first, second) => {
    const { plan, warnings } = planned(debian.run(first).run(second));
    expect(commandsIn(plan)[0]).toBe(first);
    expect(warnings).toContainEqual(expect.objectContaining({ code: "LEFTOVERS" }));
  });
});

describe("P4: a stage that does not ship is left alone", () => {
  const go = Image.from("golang:1.24");
  it.each([
    ["copied from", (stage: Image) => Image.scratch().copy(stage.path("/out"), "/out")],
    [
      "mounted",
      (stage: Image) =>
        debian.run("cp /mnt/app /app", {
          mounts: [{ type: "bind", target: "/mnt", source: stage.path("/out") }],
        }),
    ],
  ])("where it is only %s", (_, imageOf) => {
    const stage = go.run("go mod download").copy("src", "/src").run("go build -o /out/app ./src");
    const { plan, records, warnings } = planned(imageOf(stage), { src: "folder" });
    expect(commandsIn(plan, 0)).toEqual(["go mod download", "go build -o /out/app ./src"]);
    expect(warnings).toEqual([]);
    expect(records.filter(({ pass }) => pass === "clean-in-layer")).toEqual([]);
  });

  it("treats the layers that it shares with an image as that image does", () => {
    const parent = debian.run(update);
    const [image, user] = plannedTogether([
      parent,
      Image.scratch().copy(parent.run("useradd app").path("/etc/passwd"), "/etc/passwd"),
    ]);
    const first = image?.plan.stages.at(-1)?.layers[0];
    expect(first?.operations[0]).toMatchObject({ command: expect.stringContaining("rm -rf") });
    expect(user?.plan.stages[0]?.layers[0]?.id).toBe(first?.id);
  });

  it("keeps what another stage copies", () => {
    const parent = debian.run(update);
    const lists = Image.scratch().copy(parent.path("/var/lib/apt/lists"), "/lists");
    const [image] = plannedTogether([parent, lists]);
    expect(commandsIn(image!.plan)).toEqual([update]);
  });

  it("warns once for each line of the source", () => {
    const parent = debian.run(update);
    const { warnings } = planned(Image.from(parent.run(more)).copy(parent.run("./x").path("/y"), "/y"));
    expect(warnings.filter(({ code }) => code === "LEFTOVERS")).toHaveLength(1);
    expect(layersOf(planned(parent).plan)).toHaveLength(1);
  });
});

describe("P5: a command that removes only what it made itself joins nothing", () => {
  const slow = debian.run("dd if=/dev/urandom of=/big bs=1M count=20 && sleep 25");

  it("stays apart after a slow step", () => {
    const { plan, records, warnings } = planned(slow.run("touch /a && rm -f /tmp/nothing"));
    expect(layersOf(plan)).toHaveLength(2);
    expect({ records, warnings }).toEqual({ records: [], warnings: [] });
  });

  it("keeps the first layer of two images one", () => {
    const images = ["one", "two"].map((name) => slow.run(`touch /${name} && rm -f /big`));
    const [one, two] = plannedTogether(images).map(({ plan }) => plan.stages[0]?.layers[0]?.id);
    expect(one).toBe(two);
  });

  it("joins what frees bytes of this image alone, and names the price", () => {
    const { plan, records } = planned(slow.run("touch /a && rm -f /big"));
    expect(layersOf(plan)).toHaveLength(1);
    expect(records).toMatchObject([{ pass: "join-runs", reruns: 1 }]);
  });
});

describe("P6: steps that each remove their own temporary files stay apart", () => {
  const install = (packages: string): string =>
    `set -eux; apt-get update; apt-get install -y --no-install-recommends ${packages}; rm -rf /var/lib/apt/lists/*`;
  const steps = [
    "set -eux; groupadd -r db --gid=999; useradd -r -g db --uid=999 --home-dir=/var/lib/db db; install --verbose --directory --owner db --group db --mode 1777 /var/lib/db",
    install("gnupg less"),
    'set -eux; savedAptMark="$(apt-mark showmanual)"; apt-get update; apt-get install -y --no-install-recommends ca-certificates wget; rm -rf /var/lib/apt/lists/*; arch="$(dpkg --print-architecture | awk -F- \'{ print $NF }\')"; wget -O /usr/local/bin/helper "https://example.com/helper-$arch"; wget -O /usr/local/bin/helper.asc "https://example.com/helper-$arch.asc"; export GNUPGHOME="$(mktemp -d)"; gpg --batch --keyserver keys.example.com --recv-keys B42F6819007F00F88E364FD4036A9C25BF357DD4; gpg --batch --verify /usr/local/bin/helper.asc /usr/local/bin/helper; gpgconf --kill all; rm -rf "$GNUPGHOME" /usr/local/bin/helper.asc; apt-mark auto \'.*\' > /dev/null; [ -z "$savedAptMark" ] || apt-mark manual $savedAptMark > /dev/null; apt-get purge -y --auto-remove -o APT::AutoRemove::RecommendsImportant=false; chmod +x /usr/local/bin/helper; helper --version',
    'set -eux; if [ -f /etc/dpkg/dpkg.cfg.d/docker ]; then grep -q "/usr/share/locale" /etc/dpkg/dpkg.cfg.d/docker; sed -ri "/\\/usr\\/share\\/locale/d" /etc/dpkg/dpkg.cfg.d/docker; fi; apt-get update; apt-get install -y --no-install-recommends locales; rm -rf /var/lib/apt/lists/*; echo "en_US.UTF-8 UTF-8" >> /etc/locale.gen; locale-gen',
    install("libnss-wrapper xz-utils zstd"),
  ];

  it("leaves five commands five", () => {
    const image = steps.reduce((made, step) => made.run(step), debian);
    const { plan, warnings } = planned(image);
    expect(layersOf(plan)).toHaveLength(5);
    expect(commandsIn(plan)).toEqual(steps);
    expect(warnings).toEqual([]);
  });
});

describe("E13: a command that writes through a hard link stays in a layer of its own", () => {
  it.each(["cp -al /a /b", "cp --link -r /a /b", "ln /a /b", "rsync --link-dest=/a /a/ /b", "./unpack /b"])(
    "after %s",
    (first) => {
      const { plan } = planned(debian.run(first).run("echo two >> /b && rm -r /b"));
      expect(layersOf(plan)).toHaveLength(2);
    },
  );
});
