/** Ascending lists of numbers, each once: looked up by halves. Pure. */

/** Where the list has the number; below 0, the complement of where it would be, when it has not. */
export function placeOf(list: readonly number[], number: number): number {
  let low = 0;
  for (let high = list.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (list[middle]! < number) low = middle + 1;
    else high = middle;
  }
  return list[low] === number ? low : ~low;
}
