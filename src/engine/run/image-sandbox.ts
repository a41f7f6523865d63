import type { RootLayer, Sandbox } from "../../ports/sandbox.js";

/** A sandbox for one image. */
interface ImageSandbox {
  readonly sandbox: Sandbox;
  /** Gives back the layers that were made for the image; what they hold is in the store by then. */
  done(): Promise<void>;
}

/**
 * The sandbox of many images for one of them, which remembers the layers that it makes. Without that, the root file
 * systems of all commands of a catalog lie on the disk until the last image is built.
 */
export function imageSandbox(sandbox: Sandbox): ImageSandbox {
  const made: RootLayer[] = [];
  return {
    sandbox: {
      check: (command, count) => sandbox.check(command, count),
      hasProgram: (name) => sandbox.hasProgram(name),
      interprets: (start) => sandbox.interprets(start),
      isFirstOnHostNetwork: () => sandbox.isFirstOnHostNetwork(),
      find: (key) => sandbox.find(key),
      async unpack(tar, key) {
        const layer = await sandbox.unpack(tar, key);
        if (key === undefined) made.push(layer);
        return layer;
      },
      async run(request) {
        const end = await sandbox.run(request);
        made.push(end.changes.layer);
        return end;
      },
      async hostRun(request) {
        const end = await sandbox.hostRun(request);
        made.push(end.changes.layer);
        return end;
      },
      release: (layers) => sandbox.release(layers),
      close: () => sandbox.close(),
    },
    done: async () => {
      if (made.length > 0) await sandbox.release(made.splice(0));
    },
  };
}
