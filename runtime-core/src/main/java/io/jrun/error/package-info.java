/**
 * The one family of checked failures, and the grammar of their messages. Knows nothing of images, plans or the command
 * line; exit codes are assigned in the command line alone.
 */
package io.jrun.error;
