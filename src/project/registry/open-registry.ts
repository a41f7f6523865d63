import type { HttpDownloader } from "../../adapters/registry-http/http-downloader.js";
import type { RegistrySettings } from "../../adapters/registry-http/settings.js";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import { redactUrl } from "../../plan/operation.js";
import type { Downloader } from "../../ports/file-source.js";
import type { Progress } from "../../ports/progress.js";
import type { CredentialSource, Registry } from "../../ports/registry.js";

/** How registries are reached. */
export interface RegistryOptions {
  /** Settings by registry (`registry.example:5000`). @default - those of the user's registries.json */
  readonly registries?: Readonly<Record<string, RegistrySettings>> | undefined;
  /** Refuses whatever would need the network. @default - false */
  readonly offline?: boolean;
  /** @internal Instead of real ones, for tests. */
  readonly registry?: Registry | undefined;
}

/** The registries of the outside, with the user's credentials, proxies and certificates. */
export async function openRegistry(
  options: RegistryOptions & { readonly progress?: Progress | undefined } = {},
): Promise<Registry> {
  if (options.offline === true) {
    const { OfflineRegistry } = await import("../../adapters/registry-bounded/bounded-registry.js");
    return new OfflineRegistry();
  }
  if (options.registry !== undefined) return options.registry;
  const { HttpRegistry } = await import("../../adapters/registry-http/http-registry.js");
  const { checkSettings, readSettings } = await import("../../adapters/registry-http/settings.js");
  const settings = options.registries === undefined ? readSettings() : checkSettings(options.registries);
  const onWarning = (message: string) => options.progress?.report({ kind: "warn", message });
  return new HttpRegistry({ credentials: lateCredentials(), settings, onWarning });
}

/** Files of the outside, over the same proxies and certificates as registries. */
interface OpenDownloads extends Downloader {
  close(): void;
}

/** Opens what fetches files by URL; nothing is loaded before the first one. */
export function openDownloads({ offline, registries }: RegistryOptions): OpenDownloads {
  let opened: Promise<HttpDownloader> | undefined;
  return {
    async *fetch(url, signal) {
      if (offline === true) {
        const missing = redactUrl(url);
        throw new EnvironmentError("OFFLINE_MISSING", { missing: [missing] }, { subject: missing });
      }
      opened ??= Promise.all([
        import("../../adapters/registry-http/http-downloader.js"),
        import("../../adapters/registry-http/settings.js"),
      ]).then(([{ HttpDownloader }, { checkSettings, readSettings }]) => {
        const settings = registries === undefined ? readSettings() : checkSettings(registries);
        return new HttpDownloader({ settings });
      });
      yield* (await opened).fetch(url, signal);
    },
    close: () => void opened?.then((downloader) => downloader.close()).catch(() => {}),
  };
}

/** The user's logins, whose files are read and helpers loaded when a registry asks who we are. */
function lateCredentials(): CredentialSource {
  let opened: Promise<CredentialSource> | undefined;
  return {
    async credentialFor(repository, signal) {
      opened ??= import("../../adapters/credentials-docker/docker-credentials.js").then(
        ({ DockerCredentials }) => new DockerCredentials(),
      );
      return (await opened).credentialFor(repository, signal);
    },
  };
}
