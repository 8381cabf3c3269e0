/** Images in archives of {@code docker save}, of its first layout and of the one that is an OCI layout as well. */
package io.jrun.image.source.archive;
