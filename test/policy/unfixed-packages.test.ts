import { describe, expect, it } from "vitest";
import { simpleCommands, unfixedPackages } from "../../src/policy/unfixed-packages.js";

describe("packages without a version", () => {
  it.each([
    ["apt-get install -y --no-install-recommends curl git=1:2", ["curl"]],
    [
      "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -qq install 'curl' \\\n  \"jq\"",
      ["curl", "jq"],
    ],
    ["sudo apt install -t bookworm-backports curl ./local.deb", ["curl"]],
    ["apt-get install -y curl/bookworm vim-", []],
    ["apk add --no-cache -t .build gcc musl-dev~=1.2 'curl>8'", ["gcc"]],
    ["apk del gcc", []],
    ["dnf install -y nginx nginx-1.24.0-1.fc40 python3-pip", ["nginx", "python3-pip"]],
    ["microdnf install tar", ["tar"]],
    ["yum -y install wget", ["wget"]],
    ["zypper --non-interactive in curl vim=9", ["curl"]],
    [
      "pip install --no-cache-dir flask==3.0 requests 'uvicorn[standard]' -r requirements.txt",
      ["requests", "uvicorn[standard]"],
    ],
    ["python3 -m pip install -U pip", ["pip"]],
    ["uv pip install ruff black==24.1", ["ruff"]],
    ["pip install . && pip install -e ./lib", []],
    ["npm install -g pnpm@9 typescript @types/node @scope/a@1.0.0", ["typescript", "@types/node"]],
    ["npm i left-pad@latest", ["left-pad@latest"]],
    ["npm ci && npm install", []],
    ["yarn add react react-dom@19", ["react"]],
    ["gem install rails bundler:2.5", ["rails"]],
    ["gem install rails -v 7.1", []],
    ["go install golang.org/x/tools/gopls@latest", ["golang.org/x/tools/gopls@latest"]],
    ["go install golang.org/x/tools/gopls@v0.16.0 && go install ./cmd/app", []],
    ["cargo install ripgrep && cargo install fd-find --version 10", ["ripgrep"]],
    ["echo apt-get install curl", []],
    ["if true; then apk add curl; fi", ["curl"]],
    ["apt-get install -y $PACKAGES 2>/dev/null", []],
  ])("%s", (command, expected) => {
    expect(unfixedPackages(command).map(({ name }) => name)).toEqual(expected);
  });

  it("says how a version is written", () => {
    expect(unfixedPackages("npm i a").map(({ spelling }) => spelling)).toEqual(["a@VERSION"]);
    expect(unfixedPackages("go install x.org/y@latest").map(({ spelling }) => spelling)).toEqual([
      "x.org/y@VERSION",
    ]);
  });
});

describe("simple commands of a shell text", () => {
  it("are words without their quotes", () => {
    expect(simpleCommands(`A=1 sudo echo "a b" 'c;d' e\\ f && (ls -l; pwd) | cat\nid`)).toEqual([
      ["echo", "a b", "c;d", "e f"],
      ["ls", "-l"],
      ["pwd"],
      ["cat"],
      ["id"],
    ]);
  });
});
