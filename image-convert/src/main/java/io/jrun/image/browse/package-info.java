/**
 * Looks into file trees without mounting or unpacking them: image files, a directory at a time, and directories of the
 * host by the same rules. Paths are resolved inside the tree, never on the host; names are bytes. Knows no command line.
 */
package io.jrun.image.browse;
