/**
 * Blobs on their way in: a content-addressed store that processes share without locks, streams that check digest and
 * size, decompression by magic bytes. Knows neither registries nor what a blob means.
 */
package io.jrun.image.blob;
