export type { RegistryAuth } from "./registry/auth/guard.js";
export type { Fault, FaultMatch } from "./registry/fault.js";
export type { Faults } from "./registry/faults.js";
export {
  MemoryRegistry,
  type MemoryRegistryOptions,
  type ReceivedRequest,
} from "./registry/memory-registry.js";
