import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";
import { openApi } from "./api-engine.js";
import type { Engine } from "./engine.js";
import { type EngineName, type EnginePlace, placeText } from "./engine-place.js";
import { findPlaces, type UsualSockets } from "./find-places.js";
import { openProgram } from "./program-engine.js";

/** How an engine is looked for. */
export interface EngineOptions {
  /** Set when it has to be this one. */
  readonly engine?: EngineName | undefined;
  /** @default - the environment of this process */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Where sockets usually are, for tests. */
  readonly usual?: UsualSockets | undefined;
}

/**
 * The first engine that answers.
 *
 * @throws {EnvironmentError} ENGINE_NOT_FOUND; ENGINE_UNREACHABLE for one that the user named
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { engine, env = process.env, usual } = options;
  const looked: string[] = [];
  for (const place of findPlaces(engine, env, usual)) {
    try {
      return await open(place, env);
    } catch (error) {
      if (!isLayerwrightError(error) || error.code !== "ENGINE_UNREACHABLE") throw error;
      if (place.kind === "api" && place.named) throw error;
      looked.push(`${placeText(place)} (${reasonIn(error.shortMessage)})`);
    }
  }
  throw new EnvironmentError("ENGINE_NOT_FOUND", { looked }, { subject: engine ?? "engine" });
}

function open(place: EnginePlace, env: NodeJS.ProcessEnv): Promise<Engine> {
  return place.kind === "api" ? openApi(place) : openProgram(place, env);
}

function reasonIn(message: string): string {
  return message.slice(message.indexOf("cannot be reached: ") + "cannot be reached: ".length);
}
