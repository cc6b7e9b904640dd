/**
 * The version that Slurm's commands name. Clients choose how to parse by it (`slurm(-wlm)? (\d+)\.(\d+)`), so it is the
 * release whose output these commands print to the letter, not Rota's own; `rota --version` says that.
 */
export const SLURM_VERSION = "22.05.8";
export const SLURM_VERSION_LINE = `slurm-wlm ${SLURM_VERSION}\n`;
