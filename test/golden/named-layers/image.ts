import { Image } from "layerwright";

export default Image.scratch()
  .layer("files of the app", (image) =>
    image.write("/app/a", "1\n").write("/app/b", "2\n", { owner: 4, mode: 0o400 }).symlink("a", "/app/c"),
  )
  .write("/apart", "its own layer\n")
  .layer("links", (image) =>
    image.symlink("/app/a", "/a").symlink("/app/b", "/b").mkdir("/spool", { mode: 0o1733 }),
  );
