/** {@code jrun oci}: the operations of the OCI runtime-spec under the names and options that engines use. */
package io.jrun.cli.oci;
