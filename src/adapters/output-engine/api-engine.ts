import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { Engine } from "./engine.js";
import { type EngineApi, placeText } from "./engine-place.js";
import { askEngine, type EngineAnswer, EngineConnectionError, sendEngine } from "./engine-request.js";
import { loadFailure } from "./load-answer.js";

/** An engine that is there answers at once. */
const PING_TIMEOUT = 5_000;
/** Docker answers when it is done with what it is doing to the image. */
const INSPECT_TIMEOUT = 60_000;

/**
 * The engine behind a socket.
 *
 * @throws {EnvironmentError} ENGINE_UNREACHABLE
 */
export async function openApi(place: EngineApi): Promise<Engine> {
  const { address } = place;
  const shown = placeText(place);
  const unreachable = (reason: string, cause?: unknown) =>
    new EnvironmentError("ENGINE_UNREACHABLE", { place: shown, reason }, { subject: shown, cause });
  const reach = async (asked: Promise<EngineAnswer>) => {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof EngineConnectionError)) throw error;
      throw unreachable(reasonOf(error), error.cause);
    }
  };
  const { status, headers } = await reach(askEngine(address, "/_ping", PING_TIMEOUT));
  if (status !== 200) throw unreachable(`it answered ${status}`);
  return {
    name: headers["libpod-api-version"] === undefined ? place.engine : "podman",
    place: shown,
    async load(write, signal) {
      const sent = sendEngine(address, "/images/load?quiet=1", "application/x-tar", write, signal);
      const reason = loadFailure(
        await reach(sent).catch((error) => {
          signal?.throwIfAborted();
          throw error;
        }),
      );
      if (reason === undefined) return;
      throw new EnvironmentError("ENGINE_REFUSED", { place: shown, reason }, { subject: shown });
    },
    async idOf(name) {
      // The slashes of a name are part of the path.
      const path = `/images/${name.split("/").map(encodeURIComponent).join("/")}/json`;
      const answer = await reach(askEngine(address, path, INSPECT_TIMEOUT));
      if (answer.status !== 200) return undefined;
      return idIn(answer.body);
    },
  };
}

/** The id that an answer names; undefined for what is no such answer. */
function idIn(body: string): string | undefined {
  try {
    const { Id: id } = JSON.parse(body) as { Id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: EngineConnectionError): string {
  const { code } = error.cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such socket";
  if (code === "ECONNREFUSED") return "nothing listens there";
  if (code === "EACCES") return "its socket may not be used by this user";
  if (error.message === "The operation was aborted") return "it does not answer";
  return code ?? error.message;
}
