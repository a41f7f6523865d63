import { DOCKER_HUB, registryDomain } from "../adapters/credentials-docker/registry-name.js";
import { UsageError } from "./option-value.js";

/** The registry of a login or logout: Docker Hub when none is named. @throws {UsageError} LOGIN_REGISTRY_INVALID */
export function readRegistry(registry: string = DOCKER_HUB): string {
  return registryDomain(registry, (shown, reason) => {
    throw new UsageError("LOGIN_REGISTRY_INVALID", { registry: shown, reason }, { subject: "registry" });
  });
}
