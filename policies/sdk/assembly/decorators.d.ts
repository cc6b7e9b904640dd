/** For editors only: the compiler knows these without a declaration, the build reads them off the source. */

/** Version of the policy, and what it does in a sentence. */
declare function policy(version: string, doc: string): (target: Function) => void;
/** Least and greatest value of a parameter, and what it does; the field's initial value is the default. */
declare function parameter(min: number, max: number, doc: string): (target: object, name: string) => void;
