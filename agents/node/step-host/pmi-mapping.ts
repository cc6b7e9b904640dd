/** PMI_process_mapping: which ranks share a node, `(vector,(0,4,16))` for 4 nodes from the first with 16 ranks each. Pure. */

/** `layout` has the ranks of each node. */
export const processMapping = (layout: readonly (readonly number[])[]): string => {
  const nodeOf: number[] = [];
  layout.forEach((ranks, node) => {
    for (const rank of ranks) nodeOf[rank] = node;
  });
  const blocks: { first: number; nodes: number; each: number }[] = [];
  for (let rank = 0; rank < nodeOf.length; ) {
    const node = nodeOf[rank]!;
    let each = 0;
    while (nodeOf[rank + each] === node) each++;
    rank += each;
    const last = blocks.at(-1);
    if (last !== undefined && last.each === each && last.first + last.nodes === node) last.nodes++;
    else blocks.push({ first: node, nodes: 1, each });
  }
  return `(vector,${blocks.map(({ first, nodes, each }) => `(${first},${nodes},${each})`).join(",")})`;
};
