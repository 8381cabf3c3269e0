/** {@code slurm}: files for a site that runs Slurm. Knows nothing of jobs; the templates are resources beside it. */
package io.jrun.cli.slurm;
