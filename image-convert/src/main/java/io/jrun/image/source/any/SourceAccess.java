package io.jrun.image.source.any;

import io.jrun.image.blob.BlobStore;
import io.jrun.image.blob.OutputLimit;
import io.jrun.image.registry.RegistryOptions;

/**
 * What sources need besides their names.
 *
 * @param limit how much a compressed archive may unpack to
 * @param input standard input, with what a look at its beginning has read still in it
 */
public record SourceAccess(BlobStore store, RegistryOptions registry, OutputLimit limit, StandardInput input) {}
