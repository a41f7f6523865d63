import { Base } from "layerwright";

/** The test base in each form that a base on disk can have; `test/fixtures/bases.ts` makes them. */
const made = "../../fixtures/made";

export const layout = Base.layout(`${made}/layout`, { tag: "v1" });
export const layoutSmall = Base.layout(`${made}/layout`, { tag: "small" });
export const layoutSingle = Base.layout(`${made}/layout-single`);
export const layoutTar = Base.layout(`${made}/layout.tar`, {
  tag: "v1",
  reference: "layerwright.test/base:v1",
});
export const archiveNew = Base.archive(`${made}/archive-new.tar`, { reference: "layerwright.test/base:v1" });
export const archiveOld = Base.archive(`${made}/archive-old.tar`, { reference: "layerwright.test/base:v1" });
export const rootfsFolder = Base.rootfs(`${made}/rootfs`);
export const rootfsTar = Base.rootfs(`${made}/rootfs.tar`, {
  config: { Env: ["PATH=/usr/bin:/bin", "FROM_ROOTFS=yes"], Cmd: ["/bin/sh"], Labels: { kind: "rootfs" } },
});
