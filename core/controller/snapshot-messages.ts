/** What crosses between the controller's main thread and the worker that makes a snapshot. */
import type { StoredEvent, StoredSnapshot } from "../../plugins/sdk/store.ts";

export type SnapshotCall =
  /** First, where the store has a snapshot already. */
  | { readonly kind: "base"; readonly bytes: Uint8Array }
  | { readonly kind: "events"; readonly batch: readonly StoredEvent[] }
  /** Last: answer with the state after all that came. */
  | { readonly kind: "encode" };

export type SnapshotAnswer =
  /** One for each call but the last: how much is on its way to the worker stays bounded. */
  { readonly kind: "taken" } | { readonly kind: "made"; readonly snapshot: StoredSnapshot };
