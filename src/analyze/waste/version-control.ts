import type { PathKind } from "./path-kind.js";

const FOLDER = /(?:^|\/)(\.git|\.svn|\.hg|\.bzr|_darcs|CVS)(?:\/|$)/;

/** The folders of version control; `.git` is a file in a work tree or submodule. */
export const versionControl: PathKind = {
  kind: "version-control",
  recognize(path) {
    const name = FOLDER.exec(path)?.[1];
    if (name === undefined) return undefined;
    return {
      what: name,
      exclude: `**/${name}`,
      advice: `remove ${name} in the command that fetches it, or take an archive: add(url, dest)`,
    };
  },
};
