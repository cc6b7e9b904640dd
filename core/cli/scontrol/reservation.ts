/** `scontrol create`, `update`, `delete` and `show` of reservations: one request for each, and Slurm's words about it. */
import { ERRORS } from "../../model/errors.ts";
import { ok } from "../../model/refusal.ts";
import type {
  ReservationRequest,
  ReservationUpdate,
  ReservationView,
} from "../../model/reservation-views.ts";
import type { ControllerClient } from "../controller-client.ts";
import { type Failure, failure, loadFailure, notSupported, plainFailure } from "../failure.ts";
import type { Invocation } from "../invocation.ts";
import { slurmSentence } from "../slurm-sentence.ts";
import type { RecordContext } from "./job-record.ts";
import { reservationRecord } from "./reservation-record.ts";
import {
  applyFlags,
  applyNames,
  lackOf,
  misformattedDelete,
  type ReservationTerms,
  readReservationTerms,
} from "./reservation-terms.ts";
import type { Shown } from "./show.ts";

const printed = (out: string): Shown => ({ out, err: "", status: 0 });
const failed = ({ text, status }: Failure): Shown => ({ out: "", err: text, status });

/** Whether the word, up to its `=`, names the entity. */
export const isReservationWord = (word: string): boolean => {
  const entity = word.split(/[+-]?=/)[0]!.toLowerCase();
  return entity.length >= 3 && ("reservationname".startsWith(entity) || entity === "reservations");
};

/** `create reservation ...`; `words` are those behind `create`. */
export const create = async (
  { command, nowS }: Invocation,
  words: readonly string[],
  client: ControllerClient,
): Promise<Shown> => {
  const [first] = words;
  if (first === undefined) return failed(plainFailure("too few arguments for create keyword\n"));
  if (/^part/i.test(first)) return failed(notSupported(command, "create partition"));
  if (!isReservationWord(first)) return failed(failure(command, `Invalid creation entity: ${first}`));
  const terms = readReservationTerms(words, nowS(), "No reservation created.");
  if (!terms.ok) return failed(terms);
  const lack = lackOf(terms.value);
  if (lack !== undefined) return failed(lack);
  const answer = await client.createReservation(requestOf(terms.value));
  if (answer.ok) return printed(`Reservation created: ${answer.value}\n`);
  const note = answer.refusal.code === "RESERVATION_NODES_BUSY" ? PARTITION_NOTE : "";
  return failed(plainFailure(`Error creating the reservation: ${slurmSentence(answer.refusal)}\n${note}`));
};

const PARTITION_NOTE =
  "Note, unless nodes are directly requested a reservation must exist in a single partition.\n" +
  "If no partition is requested the default partition is assumed.\n";

function requestOf(terms: ReservationTerms): ReservationRequest {
  const { name, startS = 0, endS, durationS = 0, users, accounts, groups, flags } = terms;
  const { nodes, nodeCount, coreCount, partition, features } = terms;
  return {
    ...defined({ name, nodes, nodeCount, coreCount, partition, features }),
    startS,
    endS: endS ?? startS + durationS,
    ...(users === undefined ? {} : { users: users.names }),
    ...(accounts === undefined ? {} : { accounts: accounts.names }),
    ...(groups === undefined ? {} : { groups: groups.names }),
    ...(flags === undefined ? {} : { flags: flags.names }),
  };
}

/** What of a request is said. */
const defined = <T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };

/** `update reservation=NAME ...`; `words` are those behind `update`. */
export const updateReservation = async (
  { nowS }: Invocation,
  words: readonly string[],
  client: ControllerClient,
): Promise<Shown> => {
  const terms = readReservationTerms(joined(words), nowS(), "No reservation update.");
  if (!terms.ok) return failed(plainFailure(`${terms.text}slurm_update error: No error\n`));
  const { name = "", ...asked } = terms.value;
  const known = await client.reservations();
  if (!known.ok) return failed(loadFailure("slurm_update error", known.refusal));
  const before = known.value.find((one) => one.name === name);
  if (before === undefined) return notUpdated(ERRORS.RESERVATION_INVALID.slurm);
  const change = changeOf(asked, before);
  const answer = Object.keys(change).length === 0 ? ok(null) : await client.updateReservation(name, change);
  return answer.ok ? printed("Reservation updated.\n") : notUpdated(slurmSentence(answer.refusal));
};

const notUpdated = (sentence: string): Shown =>
  failed(plainFailure(`Error updating the reservation: ${sentence}\nslurm_update error: ${sentence}\n`));

function changeOf(terms: ReservationTerms, before: ReservationView): ReservationUpdate {
  if (terms.skip === true) return { skip: true };
  const { users, accounts, groups, flags, startS, endS, addDurationS } = terms;
  const { nodes, nodeCount, coreCount, partition, features } = terms;
  const lengthS = before.endS - before.startS;
  const durationS = addDurationS === undefined ? terms.durationS : Math.max(1, lengthS + addDurationS);
  return {
    ...defined({ startS, endS, nodes, nodeCount, coreCount, partition, features }),
    ...(durationS === undefined || endS !== undefined ? {} : { durationS }),
    ...(users === undefined ? {} : { users: applyNames(before.users, users) }),
    ...(accounts === undefined ? {} : { accounts: applyNames(before.accounts, accounts) }),
    ...(groups === undefined ? {} : { groups: applyNames(before.groups, groups) }),
    ...(flags === undefined ? {} : { flags: applyFlags(before.flags, flags) }),
  };
}

/** `reservation NAME` is `reservation=NAME`. */
const joined = (words: readonly string[]): readonly string[] => {
  const [first, second, ...rest] = words;
  if (first === undefined || second === undefined || first.includes("=") || second.includes("="))
    return words;
  return [`${first}=${second}`, ...rest];
};

/** `delete reservation=NAME` or `delete reservation NAME`; `words` are those behind `delete`. */
export const remove = async (
  { command }: Invocation,
  words: readonly string[],
  client: ControllerClient,
): Promise<Shown> => {
  const [first, second] = words;
  if (first === undefined) return failed(plainFailure("too few arguments for delete keyword\n"));
  const equals = first.indexOf("=");
  const name = equals < 0 ? second : first.slice(equals + 1);
  if (name === undefined) return failed(misformattedDelete());
  if (/^part/i.test(first)) return failed(notSupported(command, "delete partition"));
  if (!isReservationWord(first)) return failed(failure(command, `Invalid deletion entity: ${first}`));
  const answer = await client.deleteReservation(name);
  if (answer.ok) return printed("");
  return failed(plainFailure(`delete_reservation ${first}: ${slurmSentence(answer.refusal)}\n`));
};

export const showReservations = async (
  name: string | undefined,
  context: RecordContext,
  client: ControllerClient,
): Promise<Shown> => {
  const answer = await client.reservations();
  if (!answer.ok) return failed(loadFailure("slurm_load_reservations error", answer.refusal));
  if (answer.value.length === 0 && (name ?? "") === "") return printed("No reservations in the system\n");
  const shown = answer.value.filter((one) => (name ?? "") === "" || one.name === name);
  if (shown.length === 0) return { out: `Reservation ${name} not found\n`, err: "", status: 1 };
  return printed(shown.map((one) => reservationRecord(one, context)).join(""));
};
