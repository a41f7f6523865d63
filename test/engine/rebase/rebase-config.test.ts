import { describe, expect, it } from "vitest";
import { ownHistory, rebaseConfig } from "../../../src/engine/rebase/rebase-documents.js";
import { digestOf } from "../../../src/oci/digest.js";
import type { ImageConfig, RuntimeConfig } from "../../../src/oci/image-config.js";

const platform = { os: "linux", architecture: "amd64" };
const [one, two, three, own] = ["1", "2", "3", "own"].map(digestOf);
const line = (created_by: string) => ({ created_by });

function config(more: Partial<ImageConfig>, runtime: RuntimeConfig, ...layers: (typeof own)[]): ImageConfig {
  const diff_ids = layers.map((layer) => layer!);
  return { ...platform, ...more, config: runtime, rootfs: { type: "layers", diff_ids } };
}

function rebased(image: RuntimeConfig, from: RuntimeConfig, onto: RuntimeConfig) {
  return rebaseConfig(config({}, image, one, own), config({}, from, one), config({}, onto, two)).config;
}

describe("the config of an image on a new base", () => {
  it("has the layers and the history of the new base, then its own", () => {
    const empty = { created_by: "env A", empty_layer: true };
    const from = config({ history: [line("one"), empty] }, {}, one);
    const onto = config(
      { history: [line("two"), line("three")], created: "2026-01-01T00:00:00Z" },
      {},
      two,
      three,
    );
    const image = config(
      { history: [line("one"), empty, line("own"), empty], created: "1970-01-01T00:00:00Z" },
      {},
      one,
      own,
    );
    expect(rebaseConfig(image, from, onto)).toEqual({
      ...platform,
      created: "1970-01-01T00:00:00Z",
      config: {},
      rootfs: { type: "layers", diff_ids: [two, three, own] },
      history: [line("two"), line("three"), line("own"), empty],
    });
  });

  it("cuts a history that does not begin as the base's by its layers, and makes up one that does not fit", () => {
    const from = config({ history: [line("one")] }, {}, one);
    expect(ownHistory(config({ history: [line("x"), line("own")] }, {}, one, own), from)).toEqual([
      line("own"),
    ]);
    const made = { created: "1970-01-01T00:00:00Z", created_by: "layer of the base" };
    expect(ownHistory(config({ history: [line("x")] }, {}, one, own), from)).toEqual([made]);
    expect(ownHistory(config({}, {}, one, own), from)).toEqual([made]);
  });

  it("takes from the new base what the image had from the old one, field by field", () => {
    const from = {
      User: "old",
      WorkingDir: "/",
      Labels: { version: "1", kept: "1", gone: "1" },
      StopSignal: "SIGTERM",
    };
    const image = { ...from, User: "mine", Labels: { version: "1", kept: "mine", gone: "1", own: "1" } };
    const onto = { User: "new", WorkingDir: "/new", Labels: { version: "2", kept: "2", added: "2" } };
    expect(rebased(image, from, onto)).toEqual({
      User: "mine",
      WorkingDir: "/new",
      Labels: { version: "2", kept: "mine", added: "2", own: "1" },
    });
    expect(rebased({ Volumes: { "/a": {} } }, {}, { Volumes: { "/b": {} } })?.Volumes).toEqual({
      "/a": {},
      "/b": {},
    });
    expect(rebased({ Labels: { a: "1" } }, { Labels: { a: "1" } }, {})).toEqual({});
  });

  it("takes variables one by one, in the new base's order", () => {
    const from = ["PATH=/bin", "A=1", "B=1", "GONE=1"];
    const image = ["PATH=/bin", "A=mine", "B=1", "GONE=1", "OWN=1"];
    const onto = ["NEW=2", "B=2", "PATH=/usr/bin", "A=2"];
    expect(rebased({ Env: image }, { Env: from }, { Env: onto })?.Env).toEqual([
      "NEW=2",
      "B=2",
      "PATH=/usr/bin",
      "A=mine",
      "OWN=1",
    ]);
    // What the image took away stays away.
    expect(rebased({ Env: ["A=1"] }, { Env: ["A=1", "B=1"] }, { Env: ["A=2", "B=2"] })?.Env).toEqual(["A=2"]);
  });

  it("drops the new base's command where the image has an entry point of its own", () => {
    expect(rebased({ Entrypoint: ["/app"] }, {}, { Cmd: ["sh"] })).toEqual({ Entrypoint: ["/app"] });
    expect(rebased({}, {}, { Cmd: ["sh"] })).toEqual({ Cmd: ["sh"] });
    const both = { Entrypoint: ["/old"], Cmd: ["sh"] };
    expect(rebased(both, both, { Entrypoint: ["/new"], Cmd: ["ash"] })).toEqual({
      Entrypoint: ["/new"],
      Cmd: ["ash"],
    });
  });

  it("keeps fields that nobody knows with the base that they are of", () => {
    const from = config({ ["docker_version" as never]: "1" as never }, {}, one);
    const image = config({ ["docker_version" as never]: "1" as never }, {}, one, own);
    expect(rebaseConfig(image, from, config({ ["x" as never]: "2" as never }, {}, two))).toMatchObject({
      x: "2",
    });
    expect(rebaseConfig(image, from, config({}, {}, two))).not.toHaveProperty("docker_version");
  });
});
