/** For editors only: the compiler knows these without a declaration, the build reads them off the source. */

/**
 * Version of the policy, and what it does in a sentence. A priority policy whose scores change with neither time nor usage
 * says "static": only jobs that are new or changed are then scored in a pass. A topology that says "singles" is asked
 * for jobs of one node as well.
 */
declare function policy(version: string, doc: string, word?: "static" | "singles"): (target: Function) => void;
/**
 * Least and greatest value of a parameter, what it does and its unit; the field's initial value is the default. Of a text
 * the least and greatest length.
 */
declare function parameter(min: number, max: number, doc: string, unit?: string): (target: object, name: string) => void;
