/** Version of Rota, for answers, the log and sdiag; a test holds it against package.json. */
export const VERSION = "0.1.0";
