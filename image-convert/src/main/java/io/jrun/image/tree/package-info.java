/**
 * A file tree as values: what merging layers yields and what writers take. Knows no tar, no squashfs, no host file
 * system; names are bytes.
 */
package io.jrun.image.tree;
