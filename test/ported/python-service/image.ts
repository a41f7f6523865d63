import { Image } from "layerwright";

const path = { PATH: "/opt/venv/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" };

const build = Image.from("python:3.11-bookworm")
  .env({ PIP_NO_CACHE_DIR: "1", PIP_DISABLE_PIP_VERSION_CHECK: "1" })
  .run("python -m venv /opt/venv")
  .env(path)
  .workdir("/src")
  .copy("requirements.txt", "./")
  .copy("vendor/", "vendor/")
  .run("pip install --no-index --no-compile --no-build-isolation -r requirements.txt");

export const image = Image.from("python:3.11-bookworm")
  .env({ PYTHONDONTWRITEBYTECODE: "1", PYTHONUNBUFFERED: "1" })
  .env(path)
  .run("groupadd --gid 1000 app && useradd --uid 1000 --gid app --no-create-home app")
  .copy(build.path("/opt/venv"), "/opt/venv")
  .workdir("/app")
  .copy("app/", "app/", { owner: "app:app" })
  .user("app")
  .expose(8000)
  .cmd(["python", "-m", "app"]);
