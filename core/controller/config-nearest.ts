/**
 * The known name that a mistyped one was meant to be. Used for messages about configuration files and commands; it
 * never decides anything.
 */

/** Longer words are not compared: nobody mistypes them by a letter. */
const MAX_LENGTH = 64;

/** The nearest of `known`, or undefined when none is near: letter case, `_` and `-` do not count. */
export function nearestName(word: string, known: readonly string[]): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  const wanted = plain(word);
  let best: string | undefined;
  let bestDistance = Math.min(wanted.length < 4 ? 1 : 2, wanted.length - 1) + 1;
  for (const name of known) {
    const distance = editDistance(wanted, plain(name));
    if (distance < bestDistance) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

const plain = (word: string): string => word.toLowerCase().replaceAll(/[_-]/g, "");

/** Letters to insert, delete or replace. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}
