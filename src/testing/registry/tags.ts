import { refuse } from "./answers.js";
import { answerPage } from "./pages.js";
import type { RegistryState } from "./registry-state.js";

/** The tags of a repository. */
export function answerTags(state: RegistryState, name: string, request: Request): Response {
  const repository = state.find(name);
  if (repository === undefined) return refuse(404, "NAME_UNKNOWN", "repository name not known to registry");
  return answerPage(request, [...repository.tags.keys()], "tags", { name });
}

/** The repositories, which the spec leaves to registries and many clients ask for. */
export function answerCatalog(state: RegistryState, request: Request): Response {
  return answerPage(request, state.names(), "repositories");
}
