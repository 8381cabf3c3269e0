/**
 * A container runtime as the OCI runtime-spec describes it: bundles read, states kept, and each command compiled to a
 * plan. Knows nothing of images and of the containers that {@code jrun create} makes.
 */
package io.jrun.runtime.oci;
