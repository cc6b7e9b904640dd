/** The controller's time, passed in so that tests and the simulator have their own. */
export interface Clock {
  /** Epoch milliseconds. */
  nowMs(): number;
  /** Calls back once after delayMs; gives the way to stop. */
  after(delayMs: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};

export const nowS = (clock: Clock): number => Math.floor(clock.nowMs() / 1000);
