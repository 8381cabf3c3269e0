/**
 * What users type and documents cite: sources, references, repositories, tags, digests, platforms, as values that parse and print
 * themselves. Knows no documents, no files and no network.
 */
package io.jrun.image.reference;
