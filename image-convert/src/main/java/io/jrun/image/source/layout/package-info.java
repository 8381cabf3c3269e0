/** Images in an OCI layout: index, manifests and blobs as files, in a directory or in an archive of one. */
package io.jrun.image.source.layout;
