/** How the progress of an import looks, on a terminal and elsewhere. Knows nothing of registries and image files. */
package io.jrun.cli.progress;
