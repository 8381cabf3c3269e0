/**
 * What an image asks of the process started from it, as it says so in its OCI config. Knows no host, no container and no
 * plan.
 */
package io.jrun.runtime.spec;
