import { Image } from "layerwright";
import { expectImage, imageMatchers as untyped } from "layerwright/testing";
import { imageMatchers } from "layerwright/testing/vitest";
import { describe, expect, it } from "vitest";

expect.extend(imageMatchers);

const parent = Image.scratch().write("/etc/motd", "hello\n").symlink("motd", "/etc/link").mkdir("/data");
const image = Image.from(parent)
  .env("LANG", "C.UTF-8")
  .label("a", "1")
  .annotation("b", "2")
  .user(7)
  .workdir("/data")
  .entrypoint(["/app"])
  .cmd(["x"])
  .expose(80)
  .volume("/data")
  .stopSignal("SIGINT")
  .healthcheck({ test: "true" })
  .shell(["/bin/sh"]);

describe("matchers", () => {
  it("are the assertions of the chain", async () => {
    await expect(image).toHaveFile("/etc/motd", { contents: /hello/ });
    await expect(image).toHaveFolder("/data");
    await expect(image).toHaveSymlink("/etc/link", "motd");
    await expect(image).toHavePath("/etc");
    await expect(image).toHaveNoFile("/usr");
    await expect(image).toHaveNoFileMatching("**/*.map");
    await expect(image).toHaveEnv("LANG", "C.UTF-8");
    await expect(image).toHaveNoEnv("DEBUG");
    await expect(image).toHaveLabel("a", "1");
    await expect(image).toHaveAnnotation("b", "2");
    await expect(image).toHaveEntrypoint(["/app"]);
    await expect(image).toHaveCmd(["x"]);
    await expect(image).toHaveShell(["/bin/sh"]);
    await expect(image).toHaveUser(7);
    await expect(image).toBeNonRoot();
    await expect(image).toHaveWorkdir("/data");
    await expect(image).toHaveStopSignal("SIGINT");
    await expect(image).toExpose(80);
    await expect(image).toHaveVolume("/data");
    await expect(image).toHaveHealthcheck("true");
    await expect(image).toHaveLayersAtMost(3);
    await expect(image).toHaveOwnLayers(0);
    await expect(image).toShareLayersWith(parent, 1);
    await expect(image).toBeUnder("20MB");
    await expect(image).toBeOwnUnder("1kB");
    await expect(image).toBeOn(parent);
    await expect(image).toHaveNoRunSteps();
    await expect(image.run("true")).toRun("true");
    await expect(image.squash("all")).toHaveLayers(1);
    await expect(expectImage(image, { platform: "linux/arm64" })).toHaveFile("/etc/motd");
    expect(untyped).toBe(imageMatchers);
  });

  it("fail with the message of the assertion", async () => {
    await expect(expect(image).toHaveFile("/etc/mtd")).rejects.toThrowError(
      /^the image has no file \/etc\/mtd\n/,
    );
    await expect(expect(image).toHaveEnv("LANG", "C")).rejects.toThrowError(
      expect.objectContaining({ actual: "C.UTF-8", expected: "C" }),
    );
  });

  it("are turned round by not", async () => {
    await expect(image).not.toHaveFile("/usr/bin/gcc");
    await expect(image).not.toHaveEnv("LANG", "C");
    await expect(expect(image).not.toHaveFile("/etc/motd")).rejects.toThrowError(
      /passes toHaveFile, and should not/,
    );
  });

  it("fail both ways where only a build can tell", async () => {
    const built = image.run("make");
    await expect(expect(built).toHaveFile("/bin/x")).rejects.toThrowError(/is not known without a build/);
    await expect(expect(built).not.toHaveFile("/bin/x")).rejects.toThrowError(/is not known without a build/);
  });

  it("refuse what is no image", async () => {
    await expect(expect("debian").toHaveFile("/a")).rejects.toThrowError(/must be an Image/);
  });
});
